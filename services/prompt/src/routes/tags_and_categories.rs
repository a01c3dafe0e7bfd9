//! `/prompts/categories`, `/prompts/tags`: the names in use, with counts.

use axum::{extract::State, response::Response};
use garde::Validate;
use http_kit::{ApiResult, Page, PageQuery, Paged, Query};
use read_cache::{JsonAnswer, Reader, View};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::etag::IfNoneMatchHeader;
use crate::{
    domain::{NameCount, NameKind},
    service::tags_and_categories,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_categories)).routes(routes!(list_tags))
}

/// A name and how often it is used. In any case it is one name, shown as it was first written.
#[derive(Serialize, ToSchema)]
struct NameCountResponse {
    #[schema(example = "Programming")]
    name: String,
    /// Public prompts that use it; may lag by up to 2 s.
    #[schema(minimum = 1)]
    count: i64,
}

impl From<NameCount> for NameCountResponse {
    fn from(count: NameCount) -> Self {
        Self { name: count.name, count: count.uses }
    }
}

#[derive(Debug, Deserialize, Validate, IntoParams, Default)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct TagQuery {
    /// How names begin, in any case.
    #[garde(length(chars, max = 50))]
    #[param(max_length = 50, example = "ru")]
    prefix: String,
}

/// Answers with a page of names, which is the same for everyone.
async fn answer(page: View<Page<NameCount>>, reader: Reader) -> ApiResult<Response> {
    let serialize =
        async |page: Page<NameCount>| Ok(JsonAnswer::new(&page.map(NameCountResponse::from))?);
    Ok(reader.without_account().answer(page.into_answer(serialize).await?))
}

/// Categories in use
///
/// Anyone may call this: the categories of public prompts, most used first.
#[utoipa::path(
    get, path = "/prompts/categories", tag = "prompts",
    params(PageQuery, IfNoneMatchHeader),
    responses(
        (status = 200, description = "A page of names.", body = Page<NameCountResponse>,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
    ),
    security((), ("bearer" = [])),
)]
async fn list_categories(
    State(state): State<AppState>,
    Query(page): Query<PageQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    let page = tags_and_categories::list(&state, NameKind::Category, "", page).await?;
    answer(page, reader).await
}

/// Tags in use
///
/// Anyone may call this: the tags of public prompts, most used first.
#[utoipa::path(
    get, path = "/prompts/tags", tag = "prompts",
    params(PageQuery, TagQuery, IfNoneMatchHeader),
    responses(
        (status = 200, description = "A page of names.", body = Page<NameCountResponse>,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
    ),
    security((), ("bearer" = [])),
)]
async fn list_tags(
    State(state): State<AppState>,
    Paged { page, filter }: Paged<TagQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    let page = tags_and_categories::list(&state, NameKind::Tag, &filter.prefix, page).await?;
    answer(page, reader).await
}
