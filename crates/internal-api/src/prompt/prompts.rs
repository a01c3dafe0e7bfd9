//! Calls that read prompts.

use std::convert::Infallible;

use garde::Validate;
use ids::{PromptId, UserId};
use serde::{Deserialize, Serialize};

use crate::{
    call::{Call, Method},
    refusal::refusals,
};

/// Reads a prompt that the caller may read. Not counted as a view.
pub struct GetPrompt;

impl Call for GetPrompt {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/internal/prompts/{id}";
    type Params = PromptId;
    type Request = GetPromptQuery;
    type Response = PromptResponse;
    type Refusal = GetPromptRefusal;
}

/// The version to read: the newest, unless a number or a label is given.
#[derive(Debug, Default, Serialize, Deserialize, Validate)]
pub struct GetPromptQuery {
    #[garde(range(min = 1))]
    pub version: Option<i32>,
    /// Not beside `version`.
    #[garde(length(chars, max = 50))]
    pub label: Option<String>,
}

refusals! {
    /// Why the prompt service gives no prompt.
    GetPromptRefusal {
        PromptNotFound = NOT_FOUND "PROMPT_NOT_FOUND" "No such prompt.",
        VersionNotFound = NOT_FOUND "VERSION_NOT_FOUND" "This prompt has no such version.",
        LabelNotFound = NOT_FOUND "LABEL_NOT_FOUND" "No version of this prompt has that label.",
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromptResponse {
    pub id: PromptId,
    pub title: String,
    pub description: Option<String>,
    pub content_preview: String,
    /// `null` when the caller holds no licence to it.
    pub content: Option<String>,
    pub category: String,
    pub tags: Vec<String>,
    /// The author.
    pub user_id: UserId,
    /// The author's.
    pub username: String,
    pub visibility: Visibility,
    pub status: Status,
    pub version: i32,
    pub model: Option<String>,
    /// From 1 to 5; 0 when nobody has rated it.
    pub average_rating: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    Public,
    Private,
    Unlisted,
    /// A value of a newer prompt service.
    #[serde(other)]
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Draft,
    Published,
    Archived,
    /// A value of a newer prompt service.
    #[serde(other)]
    Unknown,
}

/// Lists those of some prompts that are in public lists now, and those that the caller may read as their
/// author, an administrator or a licence holder; in any order.
pub struct ListSummaries;

impl Call for ListSummaries {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/internal/prompts/summaries";
    type Params = ();
    type Request = ListSummariesRequest;
    type Response = ListSummariesResponse;
    type Refusal = Infallible;
}

/// The most ids in one [`ListSummariesRequest`].
pub const MAX_SUMMARIES: usize = 200;

#[derive(Debug, Serialize, Deserialize, Validate)]
pub struct ListSummariesRequest {
    #[garde(length(max = MAX_SUMMARIES))]
    pub ids: Vec<PromptId>,
    /// Whether prompts are included that are in no list, and that everyone may read who knows their ids.
    #[garde(skip)]
    #[serde(default)]
    pub unlisted: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct ListSummariesResponse {
    pub prompts: Vec<SummaryResponse>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SummaryResponse {
    pub id: PromptId,
    pub title: String,
    pub category: String,
    /// The author.
    pub user_id: UserId,
    /// The author's.
    pub username: String,
    pub is_public: bool,
    pub visibility: Visibility,
    pub status: Status,
}

/// Lists the ratings of prompts, and the words of those that are published, private ones too: a
/// listing is shown under the title that its prompt has now. Deleted prompts are left out.
pub struct ListRatings;

impl Call for ListRatings {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/internal/prompts/ratings";
    type Params = ();
    type Request = ListRatingsQuery;
    type Response = Vec<RatingResponse>;
    type Refusal = Infallible;
}

/// The most ids in one [`ListRatingsQuery`].
pub const MAX_RATINGS: usize = 100;

#[derive(Debug, Serialize, Deserialize, Validate)]
pub struct ListRatingsQuery {
    /// Ids of prompts, comma-separated.
    #[garde(skip)]
    ids: String,
}

impl ListRatingsQuery {
    pub fn new(ids: &[PromptId]) -> Self {
        let ids: Vec<_> = ids.iter().map(PromptId::to_string).collect();
        Self { ids: ids.join(",") }
    }

    /// Returns the ids, or `None` when one of them is no id.
    pub fn ids(&self) -> Option<Vec<PromptId>> {
        self.ids.split(',').map(|id| id.parse().ok()).collect()
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RatingResponse {
    pub id: PromptId,
    /// `null` for a prompt that is not published, as `category` is.
    pub title: Option<String>,
    pub description: Option<String>,
    pub category: Option<String>,
    /// From 1 to 5; 0 when nobody has rated it.
    pub average_rating: f64,
}
