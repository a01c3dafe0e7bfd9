use ids::{LicenseId, PromptId};
use uuid::Uuid;

/// What the prompt service has to be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum About {
    /// Whether a prompt is premium, and its price.
    Premium,
    /// Whether a licence stands.
    License,
}

/// One thing that the prompt service has to be told of, however often it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Premium(PromptId),
    License(LicenseId, PromptId),
}

impl Subject {
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

    pub fn about(self) -> About {
        match self {
            Self::Premium(_) => About::Premium,
            Self::License(..) => About::License,
        }
    }
}
