//! Prompts and what people say about them: types that cannot hold a bad value, and pure rules.

mod comment;
mod diff;
pub mod highlight;
mod label;
mod premium;
pub mod search;
mod text;
mod version_set;

pub use comment::{AuthorStats, Comment, PromptStats, Rating, RatingSummary};
pub use diff::{Hunk, hunks, unified};
pub use label::{BadLabel, Label};
pub use premium::{Entitlement, Premium};
pub use text::{content, line, lines, name, optional_tags, tags, text};
pub use version_set::VersionSet;

use std::collections::BTreeMap;

use auth::Identity;
use ids::{PromptId, UserId};
use pg::Timestamp;
use rust_decimal::Decimal;
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

/// A prompt as stored, with its counters, as one caller sees it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Prompt {
    pub id: PromptId,
    pub user_id: UserId,
    pub username: String,
    pub title: String,
    pub description: Option<String>,
    /// `None` when it is withheld from the caller, or was not asked for.
    pub content: Option<String>,
    pub content_preview: String,
    /// Whether the caller is its author or an administrator, from whom nothing is withheld.
    pub is_theirs: bool,
    /// The versions that everyone could read while they were the newest.
    #[sqlx(json)]
    pub published: VersionSet,
    /// The first version that the caller holds a licence to.
    pub licensed_from: Option<i32>,
    pub category: String,
    pub tags: Vec<String>,
    pub visibility: Visibility,
    pub status: Status,
    pub model: Option<String>,
    /// The version shown.
    pub version: i32,
    pub newest_version: i32,
    pub revision: i64,
    /// The labels of all versions, each with its version; `latest` is not among them.
    #[sqlx(json)]
    pub labels: BTreeMap<String, i32>,
    pub forked_from_prompt_id: Option<PromptId>,
    pub forked_from_version: Option<i32>,
    pub is_featured: bool,
    pub is_premium: bool,
    pub price: Option<Decimal>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub likes_count: i64,
    pub views_count: i64,
    pub usage_count: i64,
    pub forks_count: i64,
    pub comments_count: i64,
    pub ratings_count: i64,
    pub average_rating: f64,
    pub user_has_liked: bool,
}

impl Prompt {
    /// What the shown version says; `None` when its content is withheld from the caller.
    pub fn text(&self) -> Option<Text> {
        Some(Text {
            title: self.title.clone(),
            content: self.content.clone()?,
            description: self.description.clone(),
            category: self.category.clone(),
            tags: self.tags.clone(),
            model: self.model.clone(),
        })
    }

    /// The versions that the caller may know of.
    pub fn shown_versions(&self) -> VersionSet {
        match self.is_theirs {
            true => VersionSet::up_to(self.newest_version),
            false => self.and_licensed(self.published.clone()),
        }
    }

    /// The versions whose content the caller may read.
    pub fn readable_versions(&self) -> VersionSet {
        match self.is_theirs || !(self.is_premium || self.is_hidden()) {
            true => self.shown_versions(),
            false => self.and_licensed(VersionSet::default()),
        }
    }

    /// Whether the caller may read the content of the version shown.
    pub fn is_readable(&self) -> bool {
        self.readable_versions().contains(self.version)
    }

    fn and_licensed(&self, versions: VersionSet) -> VersionSet {
        match self.licensed_from {
            Some(first) => versions.and_from(first, self.newest_version),
            None => versions,
        }
    }

    /// Shows another version; its content only if the caller may read that one.
    pub fn show(&mut self, version: Version) {
        let text = version.text;
        self.content_preview = preview(&text.content);
        self.version = version.version;
        self.content = self.is_readable().then_some(text.content);
        self.title = text.title;
        self.description = text.description;
        self.category = text.category;
        self.tags = text.tags;
        self.model = text.model;
    }

    /// The labels of the version shown.
    pub fn labels_shown(&self) -> Vec<String> {
        let latest = (self.version == self.newest_version).then_some(LATEST);
        let given = self.labels.iter().filter(|(_, version)| **version == self.version);
        latest
            .into_iter()
            .chain(given.map(|(label, _)| label.as_str()))
            .map(str::to_owned)
            .collect()
    }

    pub fn is_by(&self, caller: Option<&Identity>) -> bool {
        caller.is_some_and(|caller| caller.id == self.user_id)
    }

    /// Whether only its author, administrators and those who hold a licence see it.
    pub fn is_hidden(&self) -> bool {
        self.visibility == Visibility::Private || self.status == Status::Draft
    }

    /// Whether it is in public lists.
    pub fn is_listed(&self) -> bool {
        self.visibility == Visibility::Public && self.status == Status::Published
    }
}

/// What everyone may know of a listed prompt, in few words.
#[derive(Clone, Debug)]
pub struct Summary {
    pub id: PromptId,
    pub title: String,
    pub category: String,
    pub user_id: UserId,
    pub username: String,
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

/// One version of a prompt.
#[derive(Clone, Debug)]
pub struct Version {
    pub prompt_id: PromptId,
    pub version: i32,
    pub text: Text,
    pub user_id: UserId,
    pub username: String,
    pub change_log: Option<String>,
    pub created_at: Timestamp,
}

/// A version as lists show it.
#[derive(Clone, Debug)]
pub struct VersionSummary {
    pub prompt_id: PromptId,
    pub version: i32,
    pub title: String,
    /// `None` when it was not asked for.
    pub content: Option<String>,
    pub content_preview: String,
    pub description: Option<String>,
    pub category: String,
    pub tags: Vec<String>,
    pub model: Option<String>,
    pub user_id: UserId,
    pub username: String,
    pub change_log: Option<String>,
    pub created_at: Timestamp,
}

impl From<Version> for VersionSummary {
    fn from(version: Version) -> Self {
        let text = version.text;
        Self {
            prompt_id: version.prompt_id,
            version: version.version,
            title: text.title,
            content_preview: preview(&text.content),
            content: Some(text.content),
            description: text.description,
            category: text.category,
            tags: text.tags,
            model: text.model,
            user_id: version.user_id,
            username: version.username,
            change_log: version.change_log,
            created_at: version.created_at,
        }
    }
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
