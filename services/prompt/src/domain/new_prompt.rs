use ids::PromptId;

use super::{PromptText, Status, Visibility};

/// A prompt that is to be created; every field is valid.
#[derive(Debug)]
pub struct NewPrompt {
    pub text: PromptText,
    pub visibility: Visibility,
    pub status: Status,
    pub change_log: Option<String>,
    pub forked_from: Option<ForkOrigin>,
}

/// The prompt and version that a fork was copied from.
#[derive(Clone, Copy, Debug)]
pub struct ForkOrigin {
    pub prompt_id: PromptId,
    pub version: i32,
}
