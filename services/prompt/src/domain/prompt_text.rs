/// The fields that a version records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptText {
    pub title: String,
    pub content: String,
    pub description: Option<String>,
    pub category: String,
    pub tags: Vec<String>,
    pub model: Option<String>,
}

/// Characters of a content that everyone may see; the queries for prompts and versions use the same
/// number.
pub const PREVIEW_CHARS: usize = 200;

pub(super) fn preview(content: &str) -> String {
    content.chars().take(PREVIEW_CHARS).collect()
}
