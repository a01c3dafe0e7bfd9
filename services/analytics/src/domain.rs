//! What happened, what could not be read, and the figures that answers are made of.

use ids::{DeadLetterId, EventId, PromptId, UserId};
use pg::Timestamp;
use serde::Serialize;
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
    pub title: String,
    pub category: String,
    /// Whether everyone may know of the prompt at that time; none when it is not said.
    pub is_public: Option<bool>,
    /// The author's name, which only the creation tells; none for a view.
    pub creator: Option<String>,
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
        if self.creator.is_some() { "CREATED" } else { "VIEWED" }
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

/// A prompt and how it does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrendingPrompt {
    pub prompt_id: PromptId,
    #[schema(example = "Linux Terminal")]
    pub title: String,
    #[schema(example = "Development")]
    pub category: String,
    /// The author's name; null for as long as the prompt's creation has not been heard of.
    #[schema(example = "ada")]
    pub username: Option<String>,
    /// In the period; the author's own are not counted.
    pub views: i64,
    /// How many different people who were signed in viewed it in the period.
    pub unique_viewers: i64,
    pub score: f64,
    /// 1 for the first.
    pub rank: i64,
}
