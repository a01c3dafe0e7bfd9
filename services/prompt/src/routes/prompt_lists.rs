//! Lists of prompts: `/prompts/public`, `/my-prompts`, `/user/{userId}`, `/category/{category}`,
//! `/tag/{tag}`, `/trending` and `/top-rated`.

use auth::User;
use axum::{extract::State, response::Response};
use garde::Validate;
use http_kit::{
    ApiResult, Page, PageQuery, Paged, Path,
    openapi::Problems,
    page::{Include, SortDir},
    problem::codes::{InvalidToken, TooBusy},
};
use ids::UserId;
use read_cache::{JsonAnswer, Reader, View};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{etag::IfNoneMatchHeader, prompt_response::PromptResponse};
use crate::{
    domain::{ListOrder, ListScope, Prompt, SortBy},
    service::prompt_lists::{self, ListOptions},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_public_prompts))
        .routes(routes!(list_own_prompts))
        .routes(routes!(list_author_prompts))
        .routes(routes!(list_category_prompts))
        .routes(routes!(list_tag_prompts))
        .routes(routes!(list_trending_prompts))
        .routes(routes!(list_top_rated_prompts))
}

/// How a list is sorted, and what its items carry.
#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// `createdAt` unless given; trending and top-rated prompts have an order of their own.
    #[garde(skip)]
    #[param(inline)]
    sort_by: Option<SortBy>,
    #[garde(skip)]
    #[param(inline, default = "desc")]
    sort_dir: SortDir,
    /// Asks for the contents, of which a page has at most 1 MiB.
    #[garde(skip)]
    #[param(inline)]
    include: Option<Include>,
}

impl ListQuery {
    /// Returns the options, in `default` order unless the query has another.
    fn into_options(self, default: ListOrder) -> ListOptions {
        let order = self.sort_by.map_or(default, ListOrder::By);
        ListOptions { order, dir: self.sort_dir, include: self.include }
    }
}

/// The order of most lists.
const NEWEST: ListOrder = ListOrder::By(SortBy::CreatedAt);

/// Answers with a page of a list.
async fn answer(
    state: &AppState,
    reader: &Reader,
    page: View<Page<Prompt>>,
) -> ApiResult<Response> {
    let serialize = async |page: Page<Prompt>| {
        Ok(JsonAnswer::new(&PromptResponse::load_page(state, page).await?)?)
    };
    Ok(reader.answer(page.into_answer(serialize).await?))
}

/// Public prompts
///
/// Anyone may call this.
#[utoipa::path(
    get, path = "/prompts/public", tag = "prompts",
    params(PageQuery, ListQuery, IfNoneMatchHeader),
    responses(
        (status = 200, description = "A page of prompts.", body = Page<PromptResponse>,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<(InvalidToken, TooBusy)>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_public_prompts(
    State(state): State<AppState>,
    Paged { page: query, filter }: Paged<ListQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    let (caller, options) = (reader.caller.as_ref(), filter.into_options(NEWEST));
    let page = prompt_lists::list(&state, ListScope::Public, caller, query, options).await?;
    answer(&state, &reader, page).await
}

/// My prompts
///
/// For any signed-in user: their own, private ones too.
#[utoipa::path(
    get, path = "/prompts/my-prompts", tag = "prompts",
    params(PageQuery, ListQuery, IfNoneMatchHeader),
    responses(
        (status = 200, description = "A page of prompts.", body = Page<PromptResponse>,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<TooBusy>,
    ),
    security(("bearer" = [])),
)]
async fn list_own_prompts(
    State(state): State<AppState>,
    User(caller): User,
    Paged { page: query, filter }: Paged<ListQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    let (scope, options) = (ListScope::Own(caller.id), filter.into_options(NEWEST));
    let page = prompt_lists::list(&state, scope, Some(&caller), query, options).await?;
    answer(&state, &reader, page).await
}

/// An author's prompts
///
/// Anyone may call this: public, published ones. The author and an admin see all of them. An unknown
/// author has none.
#[utoipa::path(
    get, path = "/prompts/user/{userId}", tag = "prompts",
    params(("userId" = UserId, Path), PageQuery, ListQuery, IfNoneMatchHeader),
    responses(
        (status = 200, description = "A page of prompts.", body = Page<PromptResponse>,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<(InvalidToken, TooBusy)>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_author_prompts(
    State(state): State<AppState>,
    Path(author): Path<UserId>,
    Paged { page: query, filter }: Paged<ListQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    let options = filter.into_options(NEWEST);
    let caller = reader.caller.as_ref();
    let page = prompt_lists::list_by_author(&state, author, caller, query, options).await?;
    answer(&state, &reader, page).await
}

/// Prompts of a category
///
/// Anyone may call this. The name is taken in any case; one that nobody uses has no prompts.
#[utoipa::path(
    get, path = "/prompts/category/{category}", tag = "prompts",
    params(("category" = String, Path, example = "Programming"), PageQuery, ListQuery, IfNoneMatchHeader),
    responses(
        (status = 200, description = "A page of prompts.", body = Page<PromptResponse>,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<(InvalidToken, TooBusy)>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_category_prompts(
    State(state): State<AppState>,
    Path(category): Path<String>,
    Paged { page: query, filter }: Paged<ListQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    let (caller, options) = (reader.caller.as_ref(), filter.into_options(NEWEST));
    let page =
        prompt_lists::list(&state, ListScope::Category(category), caller, query, options).await?;
    answer(&state, &reader, page).await
}

/// Prompts with a tag
///
/// Anyone may call this. The name is taken in any case; one that nobody uses has no prompts.
#[utoipa::path(
    get, path = "/prompts/tag/{tag}", tag = "prompts",
    params(("tag" = String, Path, example = "rust"), PageQuery, ListQuery, IfNoneMatchHeader),
    responses(
        (status = 200, description = "A page of prompts.", body = Page<PromptResponse>,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<(InvalidToken, TooBusy)>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_tag_prompts(
    State(state): State<AppState>,
    Path(tag): Path<String>,
    Paged { page: query, filter }: Paged<ListQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    let (caller, options) = (reader.caller.as_ref(), filter.into_options(NEWEST));
    let page = prompt_lists::list(&state, ListScope::Tag(tag), caller, query, options).await?;
    answer(&state, &reader, page).await
}

/// Trending prompts
///
/// Anyone may call this: public prompts, those first that were viewed (1) and liked (5) most of late;
/// what happened three days ago counts half. `sortBy` sorts them otherwise.
#[utoipa::path(
    get, path = "/prompts/trending", tag = "prompts",
    params(PageQuery, ListQuery, IfNoneMatchHeader),
    responses(
        (status = 200, description = "A page of prompts.", body = Page<PromptResponse>,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<(InvalidToken, TooBusy)>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_trending_prompts(
    State(state): State<AppState>,
    Paged { page: query, filter }: Paged<ListQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    let options = filter.into_options(ListOrder::Trending);
    let caller = reader.caller.as_ref();
    let page = prompt_lists::list(&state, ListScope::Public, caller, query, options).await?;
    answer(&state, &reader, page).await
}

/// Top-rated prompts
///
/// Anyone may call this: public prompts by mean rating, as if each had five more ratings of 3, so that
/// one vote does not make the best. `sortBy` sorts them otherwise.
#[utoipa::path(
    get, path = "/prompts/top-rated", tag = "prompts",
    params(PageQuery, ListQuery, IfNoneMatchHeader),
    responses(
        (status = 200, description = "A page of prompts.", body = Page<PromptResponse>,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<(InvalidToken, TooBusy)>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_top_rated_prompts(
    State(state): State<AppState>,
    Paged { page: query, filter }: Paged<ListQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    let options = filter.into_options(ListOrder::TopRated);
    let caller = reader.caller.as_ref();
    let page = prompt_lists::list(&state, ListScope::Public, caller, query, options).await?;
    answer(&state, &reader, page).await
}
