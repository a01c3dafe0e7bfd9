//! What happened, what could not be read, and the figures that answers are made of.

use ids::{DeadLetterId, EventId, PromptId, UserId};
use serde::Serialize;
use timestamp::Timestamp;
use utoipa::ToSchema;

/// Something that happened, as an event told it.
#[derive(Debug)]
pub enum Activity {
    User(UserActivity),
    Prompt(PromptActivity),
}

/// Someone registered.
#[derive(Debug)]
pub struct UserActivity {
    pub event_id: EventId,
    pub user_id: UserId,
    pub event_time: Timestamp,
}

/// A prompt was written or viewed.
#[derive(Debug)]
pub struct PromptActivity {
    pub event_id: EventId,
    pub prompt_id: PromptId,
    /// Its author, or its viewer; none for a viewer who is not signed in.
    pub user_id: Option<UserId>,
    pub event_time: Timestamp,
    pub event: PromptEvent,
}

/// What happened to a prompt.
#[derive(Debug)]
pub enum PromptEvent {
    Created,
    Viewed {
        /// One anonymous viewer for one day; none for someone signed in, or when it is not said.
        viewer_key: Option<String>,
    },
}

impl Activity {
    pub fn event_id(&self) -> EventId {
        match self {
            Self::User(activity) => activity.event_id,
            Self::Prompt(activity) => activity.event_id,
        }
    }

    pub fn event_time(&self) -> Timestamp {
        match self {
            Self::User(activity) => activity.event_time,
            Self::Prompt(activity) => activity.event_time,
        }
    }

    /// As in the column `event_type`.
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::User(_) => "REGISTERED",
            Self::Prompt(activity) => activity.event_type(),
        }
    }
}

impl PromptActivity {
    /// As in the column `event_type`.
    pub fn event_type(&self) -> &'static str {
        match self.event {
            PromptEvent::Created => "CREATED",
            PromptEvent::Viewed { .. } => "VIEWED",
        }
    }
}

/// A message that can never be applied, exactly as it came.
#[derive(Debug)]
pub struct DeadLetter {
    pub id: DeadLetterId,
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub payload: Vec<u8>,
    pub reason: String,
}

/// Activity on the whole platform.
///
/// A rolling window is exact to the minute: it opens at the beginning of the minute that lay 24
/// hours (7 × 24 hours) before now, so it is at most 60 seconds longer than its name says. What is
/// dated ahead of now, because clocks differ, enters the window once its minute has come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// Registrations ever.
    pub total_user_events: i64,
    /// Prompts created and views of prompts, ever.
    pub total_prompt_events: i64,
    pub new_users_last_24h: i64,
    pub prompts_created_last_24h: i64,
    pub prompt_views_last_24h: i64,
    pub new_users_last_7d: i64,
    pub prompts_created_last_7d: i64,
    pub prompt_views_last_7d: i64,
    /// When an event last changed these figures.
    pub updated_at: Timestamp,
}

/// A prompt's place among all that were viewed in a period.
#[derive(Clone, Copy, Debug)]
pub struct Ranked {
    pub prompt_id: PromptId,
    pub views: i64,
    pub score: f64,
}

/// A prompt and how it does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrendingPrompt {
    pub prompt_id: PromptId,
    /// As it is now; null when `incomplete`.
    #[schema(example = "Linux Terminal")]
    pub title: Option<String>,
    /// As it is now; null when `incomplete`.
    #[schema(example = "Development")]
    pub category: Option<String>,
    /// The author's name; null when `incomplete`.
    #[schema(example = "ada")]
    pub username: Option<String>,
    /// In the period; the author's own are not counted.
    pub views: i64,
    /// How many different people viewed it in the period: accounts, each once, and people who were not
    /// signed in, each once a day.
    pub unique_viewers: i64,
    pub score: f64,
    /// 1 for the first.
    pub rank: i64,
    /// True when the prompt service could not be asked what the prompt is called, nor whether it can
    /// be opened.
    pub incomplete: bool,
}

/// The prompts that do best.
#[derive(Debug)]
pub struct Trending {
    pub prompts: Vec<TrendingPrompt>,
    /// The prompt service could not be asked about all of them.
    pub incomplete: bool,
}
