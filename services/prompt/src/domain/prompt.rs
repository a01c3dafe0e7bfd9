//! A prompt with its counters, as one caller sees it.

use std::collections::BTreeMap;

use auth::Identity;
use ids::{PromptId, UserId};
use rust_decimal::Decimal;
use timestamp::Timestamp;

use super::{LATEST, PromptText, Status, Version, VersionSet, Visibility, prompt_text::preview};

/// A prompt as stored, with its counters, as one caller sees it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Prompt {
    pub id: PromptId,
    pub user_id: UserId,
    pub username: String,
    pub title: String,
    pub description: Option<String>,
    /// The content; `None` when it is withheld from the caller, or was not asked for.
    pub content: Option<String>,
    pub content_preview: String,
    /// Whether the caller is its author or an administrator, from whom nothing is withheld.
    pub is_theirs: bool,
    /// The versions that everyone could read while they were the newest.
    #[sqlx(try_from = "Vec<u8>")]
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
    /// Differs after each write of the row, whoever wrote it.
    pub row_version: i64,
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

/// What a prompt's answer to one user depends on, beside the prompt.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub has_liked: bool,
    /// The first version that the user holds a licence to.
    pub licensed_from: Option<i32>,
}

impl Prompt {
    /// Returns a prompt that everyone may read, with its content, as one user sees it.
    pub fn seen_by(&self, user: &Identity, standing: Standing) -> Self {
        Self {
            is_theirs: self.is_by(Some(user)) || user.is_admin(),
            licensed_from: standing.licensed_from,
            user_has_liked: standing.has_liked,
            ..self.clone()
        }
    }

    /// Returns the text of the shown version; `None` when its content is withheld from the caller.
    pub fn text(&self) -> Option<PromptText> {
        Some(PromptText {
            title: self.title.clone(),
            content: self.content.clone()?,
            description: self.description.clone(),
            category: self.category.clone(),
            tags: self.tags.clone(),
            model: self.model.clone(),
        })
    }

    /// Returns the versions that the caller may know of.
    pub fn shown_versions(&self) -> VersionSet {
        match self.is_theirs {
            true => VersionSet::up_to(self.newest_version),
            false => self.and_licensed(self.published.clone()),
        }
    }

    /// Returns the versions whose content the caller may read.
    pub fn readable_versions(&self) -> VersionSet {
        match self.is_theirs || !(self.is_premium || self.is_hidden()) {
            true => self.shown_versions(),
            false => self.and_licensed(VersionSet::default()),
        }
    }

    /// Returns whether the caller may read the content of the version shown.
    pub fn is_readable(&self) -> bool {
        self.readable_versions().contains(self.version)
    }

    /// Adds the versions that the caller holds a licence to.
    fn and_licensed(&self, versions: VersionSet) -> VersionSet {
        match self.licensed_from {
            Some(first) => versions.and_from(first, self.newest_version),
            None => versions,
        }
    }

    /// Replaces the version shown; its content stays only if the caller may read that version.
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

    /// Returns the labels of the version shown.
    pub fn labels_shown(&self) -> Vec<String> {
        self.labels_of(self.version)
    }

    /// Returns the labels of one of the versions.
    pub fn labels_of(&self, version: i32) -> Vec<String> {
        let latest = (version == self.newest_version).then_some(LATEST);
        let given = self.labels.iter().filter(|(_, labelled)| **labelled == version);
        latest
            .into_iter()
            .chain(given.map(|(label, _)| label.as_str()))
            .map(str::to_owned)
            .collect()
    }

    pub fn is_by(&self, caller: Option<&Identity>) -> bool {
        caller.is_some_and(|caller| caller.id == self.user_id)
    }

    /// Returns whether only its author, administrators and licence holders see it.
    pub fn is_hidden(&self) -> bool {
        self.visibility == Visibility::Private || self.status == Status::Draft
    }

    /// Returns whether it is in public lists.
    pub fn is_listed(&self) -> bool {
        self.visibility == Visibility::Public && self.status == Status::Published
    }
}

/// A prompt without its texts, as other services show it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PromptSummary {
    pub id: PromptId,
    pub title: String,
    pub category: String,
    pub user_id: UserId,
    pub username: String,
    pub visibility: Visibility,
    pub status: Status,
}
