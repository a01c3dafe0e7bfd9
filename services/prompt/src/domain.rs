//! Prompts and what people say about them: types that cannot hold a bad value, and pure rules.

mod comment;
mod diff;
pub mod highlight;
mod label;
mod premium;
mod prompt;
pub mod search;
mod text;
mod user_names;
mod version;
mod version_set;

pub use comment::{AuthorStats, Comment, PromptStats, Rated, Rating, RatingSummary};
pub use diff::{Hunk, hunks, unified};
pub use label::{BadLabel, Label};
pub use premium::{Entitlement, Premium};
pub use prompt::{Prompt, Summary};
pub use text::{content, line, lines, name, optional_tags, tags, text};
pub use user_names::UserNames;
pub use version::{Version, VersionSummary};
pub use version_set::VersionSet;

use ids::PromptId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who may read a prompt, and whether it is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    /// Everyone; listed.
    Public,
    /// Its author.
    Private,
    /// Everyone who has its address; not listed.
    Unlisted,
}

impl Visibility {
    /// What `visibility` and the older `isPublic` say together; `None` when they contradict.
    pub fn agreed(visibility: Option<Self>, is_public: Option<bool>) -> Option<Option<Self>> {
        match (visibility, is_public) {
            (Some(visibility), Some(public)) if (visibility == Self::Public) != public => None,
            (Some(visibility), _) => Some(Some(visibility)),
            (None, Some(true)) => Some(Some(Self::Public)),
            (None, Some(false)) => Some(Some(Self::Private)),
            (None, None) => Some(None),
        }
    }
}

/// How far along a prompt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Only its author reads it.
    Draft,
    Published,
    /// Still there for those who have its address; not listed.
    Archived,
}

/// What a version is a version of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub title: String,
    pub content: String,
    pub description: Option<String>,
    pub category: String,
    pub tags: Vec<String>,
    pub model: Option<String>,
}

/// A prompt to be; every field has passed its rules.
#[derive(Debug)]
pub struct NewPrompt {
    pub text: Text,
    pub visibility: Visibility,
    pub status: Status,
    pub change_log: Option<String>,
    pub forked_from: Option<Origin>,
}

/// What a prompt was forked from.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub prompt_id: PromptId,
    pub version: i32,
}

/// What an update changes; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct Changes {
    pub title: Option<String>,
    pub content: Option<String>,
    /// `Some(None)` clears it.
    pub description: Option<Option<String>>,
    pub category: Option<String>,
    pub tags: Option<Vec<String>>,
    /// `Some(None)` clears it.
    pub model: Option<Option<String>>,
    pub visibility: Option<Visibility>,
    /// Asks that it be public, or only that it be not: unlisted stays unlisted.
    pub is_public: Option<bool>,
    pub status: Option<Status>,
    pub change_log: Option<String>,
}

impl Changes {
    /// The visibility as it is after the change.
    pub fn visibility_after(&self, current: Visibility) -> Visibility {
        match (self.visibility, self.is_public, current) {
            (Some(visibility), _, _) => visibility,
            (None, Some(true), _) => Visibility::Public,
            (None, Some(false), Visibility::Public) => Visibility::Private,
            (None, _, current) => current,
        }
    }

    /// The text as it is after the change.
    pub fn apply_to(self, text: &Text) -> Text {
        Text {
            title: self.title.unwrap_or_else(|| text.title.clone()),
            content: self.content.unwrap_or_else(|| text.content.clone()),
            description: self.description.unwrap_or_else(|| text.description.clone()),
            category: self.category.unwrap_or_else(|| text.category.clone()),
            tags: self.tags.unwrap_or_else(|| text.tags.clone()),
            model: self.model.unwrap_or_else(|| text.model.clone()),
        }
    }
}

/// How much of a content everyone may see; the queries for prompts and versions say the same.
pub const PREVIEW_CHARS: usize = 200;

fn preview(content: &str) -> String {
    content.chars().take(PREVIEW_CHARS).collect()
}

/// The label that always names the newest version.
pub const LATEST: &str = "latest";

/// Which version of a prompt is meant.
#[derive(Clone, Debug)]
pub enum VersionRef {
    Newest,
    Number(i32),
    Label(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_public_leaves_an_unlisted_prompt_unlisted() {
        let hide = Changes { is_public: Some(false), ..Changes::default() };
        assert_eq!(hide.visibility_after(Visibility::Unlisted), Visibility::Unlisted);
        assert_eq!(hide.visibility_after(Visibility::Public), Visibility::Private);
    }

    #[test]
    fn visibility_and_is_public_must_agree() {
        use Visibility::{Private, Public, Unlisted};
        assert_eq!(Visibility::agreed(None, None), Some(None));
        assert_eq!(Visibility::agreed(None, Some(false)), Some(Some(Private)));
        assert_eq!(Visibility::agreed(Some(Unlisted), Some(false)), Some(Some(Unlisted)));
        assert_eq!(Visibility::agreed(Some(Public), Some(false)), None);
        assert_eq!(Visibility::agreed(Some(Private), Some(true)), None);
    }
}
