//! `/prompts/suggest`: what may be meant by a keyword that is still being typed.

use axum::extract::State;
use garde::Validate;
use http_kit::{
    ApiResult, Json, Query,
    openapi::Problems,
    problem::codes::{InvalidToken, TooBusy},
};
use ids::{PromptId, UserId};
use search::{Suggestion, SuggestionKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{error::codes::SearchNotReady, service::suggestions, state::AppState};

const MAX_SUGGESTIONS: usize = 20;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(suggest))
}

/// What was typed.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct SuggestQuery {
    /// The keyword as far as it was typed; nothing is suggested for nothing.
    #[garde(length(chars, max = 200))]
    #[param(max_length = 200, example = "code rev")]
    #[serde(default)]
    q: String,
    /// 1-20.
    #[garde(range(min = 1, max = MAX_SUGGESTIONS))]
    #[param(default = 8, minimum = 1, maximum = 20)]
    #[serde(default = "default_limit")]
    limit: usize,
}

fn default_limit() -> usize {
    8
}

/// What may be meant.
#[derive(Serialize, ToSchema)]
struct SuggestionsResponse {
    /// The likeliest first.
    suggestions: Vec<SuggestionResponse>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SuggestionResponse {
    #[schema(example = "Code reviewer")]
    text: String,
    kind: SuggestionKindResponse,
    /// The prompt with this title, for `TITLE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_id: Option<PromptId>,
    /// The user with this name, for `AUTHOR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
}

/// What a suggestion's text is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum SuggestionKindResponse {
    Title,
    Tag,
    Category,
    Author,
    Word,
}

impl From<Suggestion> for SuggestionResponse {
    fn from(suggestion: Suggestion) -> Self {
        Self {
            text: suggestion.text,
            kind: match suggestion.kind {
                SuggestionKind::Title => SuggestionKindResponse::Title,
                SuggestionKind::Tag => SuggestionKindResponse::Tag,
                SuggestionKind::Category => SuggestionKindResponse::Category,
                SuggestionKind::Author => SuggestionKindResponse::Author,
                SuggestionKind::Word => SuggestionKindResponse::Word,
            },
            prompt_id: suggestion.document_id.map(PromptId),
            user_id: suggestion.author_id.map(UserId),
        }
    }
}

/// Suggest
///
/// Anyone may call this, for each key that is typed: titles, tags, categories and authors of public prompts,
/// and words in them, that what was typed may become. Case and accents do not matter, and one slip is
/// forgiven where nothing begins like it.
#[utoipa::path(
    get, path = "/prompts/suggest", tag = "prompts",
    params(SuggestQuery),
    responses(
        (status = 200, description = "What may be meant.", body = SuggestionsResponse),
        Problems::<(InvalidToken, TooBusy, SearchNotReady)>,
    ),
    security((), ("bearer" = [])),
)]
async fn suggest(
    State(state): State<AppState>,
    Query(SuggestQuery { q, limit }): Query<SuggestQuery>,
) -> ApiResult<Json<SuggestionsResponse>> {
    let found = suggestions::suggest(&state, q, limit).await?;
    let suggestions = found.into_iter().map(SuggestionResponse::from).collect();
    Ok(Json(SuggestionsResponse { suggestions }))
}
