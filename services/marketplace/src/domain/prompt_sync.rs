//! What the prompt service has to know of the marketplace.

use ids::{LicenseId, PromptId, UserId};
use timestamp::Timestamp;
use uuid::Uuid;

use super::Amount;

/// A kind of fact that the prompt service keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncKind {
    /// Whether a prompt is premium, and its price.
    Premium,
    /// Whether a licence is valid.
    License,
}

/// A prompt or a licence whose state is pushed to the prompt service after each change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncSubject {
    Premium(PromptId),
    License(LicenseId, PromptId),
}

impl SyncSubject {
    pub fn id(self) -> Uuid {
        match self {
            Self::Premium(prompt) => prompt.0,
            Self::License(license, _) => license.0,
        }
    }

    pub fn prompt(self) -> PromptId {
        match self {
            Self::Premium(prompt) | Self::License(_, prompt) => prompt,
        }
    }

    pub fn kind(self) -> SyncKind {
        match self {
            Self::Premium(_) => SyncKind::Premium,
            Self::License(..) => SyncKind::License,
        }
    }
}

/// The state of a subject at a revision.
#[derive(Debug)]
pub struct SyncMessage {
    pub prompt: PromptId,
    pub revision: i64,
    pub change: SyncChange,
}

/// The part of a message that depends on the kind of its subject.
#[derive(Debug)]
pub enum SyncChange {
    /// Premium exactly when there is a price.
    Premium {
        price: Option<Amount>,
    },
    Granted {
        license: LicenseId,
        user: UserId,
        version: i32,
        expires_at: Option<Timestamp>,
    },
    Revoked {
        license: LicenseId,
    },
}
