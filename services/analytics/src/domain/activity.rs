//! Activities: what events say that happened.

use ids::{EventId, PromptId, UserId};
use timestamp::Timestamp;

use super::{AnonymousViewer, Viewer};

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
        /// The viewer who is not signed in; `None` where no key is given.
        anonymous: Option<AnonymousViewer>,
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
    pub fn is_view(&self) -> bool {
        matches!(self.event, PromptEvent::Viewed { .. })
    }

    /// Returns the viewer without an account: an account counts as itself, whatever else an event says.
    pub fn anonymous(&self) -> Option<AnonymousViewer> {
        match self.event {
            PromptEvent::Viewed { anonymous } if self.user_id.is_none() => anonymous,
            _ => None,
        }
    }

    /// Returns the viewer as rollups keep one.
    pub fn viewer(&self) -> Option<Viewer> {
        let account = self.user_id.map(Viewer::account);
        account.or_else(|| self.anonymous().map(Viewer::anonymous))
    }

    /// Returns the value of the column `event_type`.
    pub fn event_type(&self) -> &'static str {
        match self.event {
            PromptEvent::Created => "CREATED",
            PromptEvent::Viewed { .. } => "VIEWED",
        }
    }
}
