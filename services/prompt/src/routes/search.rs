//! `/prompts/search`: full text search.

use axum::{extract::State, response::Response};
use garde::Validate;
use http_kit::{
    ApiResult, Page, PageQuery, Paged,
    openapi::Problems,
    page::Include,
    problem::codes::{InvalidToken, TooBusy},
};
use read_cache::{JsonAnswer, Reader};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{etag::IfNoneMatchHeader, prompt_response::PromptResponse};
use crate::{
    domain::{Hit, SearchFilter, text},
    error::codes::SearchNotReady,
    service::search::{self, Search},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(search_prompts))
}

/// What to search for.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// The words to look for, in any form; `"side by side"`; `-not there`; `or`. Prompts that lack a word come
    /// last.
    #[garde(custom(text(1, 200)))]
    #[param(min_length = 1, max_length = 200, example = "rust \"code review\" -java")]
    keyword: String,
    /// Finds only prompts of this category, in any case.
    #[garde(inner(custom(text(0, 100))))]
    #[param(max_length = 100)]
    category: Option<String>,
    /// Finds only prompts with this tag, in any case.
    #[garde(inner(custom(text(0, 100))))]
    #[param(max_length = 100)]
    tag: Option<String>,
    /// Finds only prompts with at least this average rating.
    #[garde(range(min = 0.0, max = 5.0))]
    #[param(minimum = 0, maximum = 5)]
    min_rating: Option<f64>,
    /// Finds only prompts by this author: a username, in any case.
    #[garde(inner(custom(text(0, 100))))]
    #[param(max_length = 100)]
    author: Option<String>,
    /// Finds only prompts in this language, as far as it was recognised: an ISO 639-1 code.
    #[garde(inner(custom(text(0, 100))))]
    #[param(max_length = 100, example = "en")]
    language: Option<String>,
    /// Asks for the contents, of which a page has at most 1 MiB.
    #[garde(skip)]
    #[param(inline)]
    include: Option<Include>,
}

/// A prompt that was found.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SearchHitResponse {
    #[serde(flatten)]
    prompt: PromptResponse,
    /// The passage of its description, content or title that has most of the words, as HTML: text is
    /// escaped, and the only markup is `<mark>` around what was looked for. Of a premium prompt's
    /// content no more than the caller may read.
    #[schema(example = "Reviews <mark>Rust</mark> code &amp; explains what it finds.")]
    highlight: String,
}

/// Search
///
/// Anyone may call this: public prompts by relevance, from their titles, tags, descriptions and contents
/// (of which the first 20,000 characters; of premium prompts, the 200 that everyone sees). Ratings
/// and likes count too. Prompts with all words come before those that lack one. The last word may
/// be unfinished, and a word that nobody uses is taken for a misspelt one. A keyword without any word to
/// look for finds nothing. A prompt is found within a second of its creation, and never after it was
/// hidden; for as long, `totalElements` may lag, and a prompt that became premium may be found by content
/// that is withheld now. Where more than 1,000 prompts have the words of a phrase, `totalElements` may be
/// an estimate. A page may be short, and have a `nextCursor`, when very many prompts were hidden.
#[utoipa::path(
    get, path = "/prompts/search", tag = "prompts",
    params(PageQuery, SearchQuery, IfNoneMatchHeader),
    responses(
        (status = 200, description = "A page of hits.", body = Page<SearchHitResponse>,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<(InvalidToken, TooBusy, SearchNotReady)>,
    ),
    security((), ("bearer" = [])),
)]
async fn search_prompts(
    State(state): State<AppState>,
    Paged { page, filter: query }: Paged<SearchQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    let SearchQuery { keyword, category, tag, min_rating, author, language, include } = query;
    let filter = SearchFilter { category, tag, min_rating, author, language };
    let search = Search { keyword, filter, include };
    let page = search::search(&state, reader.caller.as_ref(), search, page).await?;
    let serialize = async |page: Page<Hit>| {
        let split = |Hit { prompt, highlight }| (prompt, highlight);
        let hit = |prompt, highlight| SearchHitResponse { prompt, highlight };
        Ok(JsonAnswer::new(&PromptResponse::load_page_of(&state, page, split, hit).await?)?)
    };
    Ok(reader.answer(page.into_answer(serialize).await?))
}
