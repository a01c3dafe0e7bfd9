//! Activities: what events say that happened.

use ids::{EventId, PromptId, UserId};
use timestamp::Timestamp;

/// A fact that an event states.
#[derive(Debug)]
pub enum Activity {
    User(UserActivity),
    Prompt(PromptActivity),
}

/// The registration of a user.
#[derive(Debug)]
pub struct UserActivity {
    pub event_id: EventId,
    pub user_id: UserId,
    pub event_time: Timestamp,
}

/// The creation or a view of a prompt.
#[derive(Debug)]
pub struct PromptActivity {
    pub event_id: EventId,
    pub prompt_id: PromptId,
    /// The author or the viewer; `None` for a viewer who is not signed in.
    pub user_id: Option<UserId>,
    pub event_time: Timestamp,
    pub event: PromptEvent,
}

/// The kind of a prompt's activity.
#[derive(Debug)]
pub enum PromptEvent {
    Created,
    Viewed {
        /// A key for one anonymous viewer on one day; `None` for someone signed in, and where no key is
        /// given.
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

    /// Returns the value of the column `event_type`.
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::User(_) => "REGISTERED",
            Self::Prompt(activity) => activity.event_type(),
        }
    }
}

impl PromptActivity {
    /// Returns the value of the column `event_type`.
    pub fn event_type(&self) -> &'static str {
        match self.event {
            PromptEvent::Created => "CREATED",
            PromptEvent::Viewed { .. } => "VIEWED",
        }
    }
}
