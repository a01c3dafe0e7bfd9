//! The bodies of `POST /prompts` and `PUT /prompts/{id}`.

use std::collections::HashSet;

use garde::Validate;
use http_kit::{ApiError, ApiResult};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::{self, NewPrompt, PromptChanges, PromptText, Status, Visibility};

/// A tag, as it is described.
#[derive(ToSchema)]
#[schema(min_length = 1, max_length = 50, pattern = "visible-line")]
#[expect(dead_code, reason = "a description has no values")]
struct Tag(String);

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatePrompt {
    #[garde(custom(domain::line(3, 200)))]
    #[schema(
        min_length = 3,
        max_length = 200,
        pattern = "visible-line",
        example = "Code reviewer"
    )]
    title: String,
    /// `{{name}}` and `{{name:default}}` are placeholders.
    #[garde(custom(domain::content))]
    #[schema(
        min_length = 10,
        max_length = 100_000,
        pattern = "visible",
        example = "Review this {{language:Rust}} code as a strict but kind colleague:\n\n{{code}}"
    )]
    content: String,
    #[garde(inner(custom(domain::lines(0, 1000))))]
    #[schema(max_length = 1000, pattern = "several-lines")]
    description: Option<String>,
    #[garde(custom(domain::name))]
    #[schema(min_length = 1, max_length = 50, pattern = "visible-line", example = "Programming")]
    category: String,
    /// At most 10, each of at most 50 characters. They are one when they differ only in case.
    #[garde(custom(domain::tags))]
    #[serde(default)]
    #[schema(value_type = Vec<Tag>, max_items = 10, example = json!(["review", "rust"]))]
    tags: Vec<String>,
    /// `true` is `PUBLIC`, `false` is `PRIVATE`; must not contradict `visibility`.
    #[garde(skip)]
    is_public: Option<bool>,
    /// `PUBLIC` unless said otherwise.
    #[garde(skip)]
    visibility: Option<Visibility>,
    /// `PUBLISHED` unless said otherwise.
    #[garde(skip)]
    status: Option<Status>,
    /// The model it is written for.
    #[garde(inner(custom(domain::line(1, 100))))]
    #[schema(min_length = 1, max_length = 100, pattern = "visible-line", example = "gpt-4o-mini")]
    model: Option<String>,
    /// A note on this version.
    #[garde(inner(custom(domain::line(0, 500))))]
    #[schema(max_length = 500, pattern = "one-line", example = "First version")]
    change_log: Option<String>,
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdatePrompt {
    #[garde(inner(custom(domain::line(3, 200))))]
    #[serde(default, deserialize_with = "http_kit::extract::not_null")]
    #[schema(min_length = 3, max_length = 200, pattern = "visible-line", nullable = false)]
    title: Option<String>,
    #[garde(inner(custom(domain::content)))]
    #[serde(default, deserialize_with = "http_kit::extract::not_null")]
    #[schema(min_length = 10, max_length = 100_000, pattern = "visible", nullable = false)]
    content: Option<String>,
    /// `null` clears it.
    #[garde(inner(inner(custom(domain::lines(0, 1000)))))]
    #[serde(default, deserialize_with = "http_kit::extract::nullable")]
    #[schema(value_type = Option<String>, max_length = 1000, pattern = "several-lines")]
    description: Option<Option<String>>,
    #[garde(inner(custom(domain::name)))]
    #[serde(default, deserialize_with = "http_kit::extract::not_null")]
    #[schema(min_length = 1, max_length = 50, pattern = "visible-line", nullable = false)]
    category: Option<String>,
    #[garde(custom(domain::optional_tags))]
    #[serde(default, deserialize_with = "http_kit::extract::not_null")]
    #[schema(value_type = Option<Vec<Tag>>, max_items = 10, nullable = false)]
    tags: Option<Vec<String>>,
    /// `false` makes a `PUBLIC` prompt `PRIVATE` and leaves an `UNLISTED` one as it is.
    #[garde(skip)]
    #[serde(default, deserialize_with = "http_kit::extract::not_null")]
    #[schema(nullable = false)]
    is_public: Option<bool>,
    #[garde(skip)]
    #[serde(default, deserialize_with = "http_kit::extract::not_null")]
    #[schema(nullable = false)]
    visibility: Option<Visibility>,
    #[garde(skip)]
    #[serde(default, deserialize_with = "http_kit::extract::not_null")]
    #[schema(nullable = false)]
    status: Option<Status>,
    /// `null` clears it.
    #[garde(inner(inner(custom(domain::line(1, 100)))))]
    #[serde(default, deserialize_with = "http_kit::extract::nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = "visible-line")]
    model: Option<Option<String>>,
    /// A note on the new version.
    #[garde(inner(custom(domain::line(0, 500))))]
    #[schema(max_length = 500, pattern = "one-line", example = "Shorter")]
    change_log: Option<String>,
}

impl CreatePrompt {
    /// Returns the prompt to create.
    ///
    /// # Errors
    /// 400 when `isPublic` contradicts `visibility`.
    pub fn into_new_prompt(self) -> ApiResult<NewPrompt> {
        Ok(NewPrompt {
            visibility: visibility(self.visibility, self.is_public)?.unwrap_or(Visibility::Public),
            status: self.status.unwrap_or(Status::Published),
            text: PromptText {
                title: trim(self.title),
                content: self.content,
                description: trim_optional(self.description),
                category: trim(self.category),
                tags: normalize_tags(self.tags),
                model: trim_optional(self.model),
            },
            change_log: trim_optional(self.change_log),
            forked_from: None,
        })
    }
}

impl UpdatePrompt {
    /// Returns the changes to make.
    ///
    /// # Errors
    /// 400 when `isPublic` contradicts `visibility`.
    pub fn into_changes(self) -> ApiResult<PromptChanges> {
        Ok(PromptChanges {
            title: self.title.map(trim),
            content: self.content,
            description: self.description.map(trim_optional),
            category: self.category.map(trim),
            tags: self.tags.map(normalize_tags),
            model: self.model.map(trim_optional),
            // `isPublic: false` alone asks only that it not be public.
            is_public: self.is_public,
            status: self.status,
            visibility: match (self.visibility, self.is_public) {
                (None, _) => None,
                (given, is_public) => visibility(given, is_public)?,
            },
            change_log: trim_optional(self.change_log),
        })
    }
}

/// Combines the two fields that say who may read a prompt.
fn visibility(
    visibility: Option<Visibility>,
    is_public: Option<bool>,
) -> ApiResult<Option<Visibility>> {
    Visibility::combine(visibility, is_public)
        .ok_or_else(|| ApiError::invalid_field("isPublic", "contradicts visibility"))
}

fn trim(text: String) -> String {
    text.trim().to_owned()
}

/// Trims a text; an empty one becomes `None`.
fn trim_optional(text: Option<String>) -> Option<String> {
    text.map(trim).filter(|text| !text.is_empty())
}

/// Trims tags, and keeps the first of those that differ only in case.
fn normalize_tags(tags: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::with_capacity(tags.len());
    tags.into_iter().map(trim).filter(|tag| seen.insert(tag.to_lowercase())).collect()
}
