//! Lists of prompts: `/prompts/public`, `/my-prompts`, `/user/{userId}`, `/category/{category}`,
//! `/tag/{tag}`, `/trending` and `/top-rated`.

use auth::{Identity, MaybeUser, User};
use axum::extract::State;
use garde::Validate;
use http_kit::{
    ApiResult, Json, Page, PageQuery, Paged, Path,
    openapi::Problems,
    page::{Include, SortDir},
    problem::codes::{InvalidToken, TooBusy},
};
use ids::UserId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::prompt_response::PromptResponse;
use crate::{
    domain::{ListOrder, ListScope, SortBy},
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
async fn list(
    state: &AppState,
    scope: ListScope,
    caller: Option<&Identity>,
    page: PageQuery,
    options: ListOptions,
) -> ApiResult<Json<Page<PromptResponse>>> {
    let page = prompt_lists::list(state, scope, caller, page, options).await?;
    Ok(Json(PromptResponse::load_page(state, page).await?))
}

/// Public prompts
///
/// Anyone may call this.
#[utoipa::path(
    get, path = "/prompts/public", tag = "prompts",
    params(PageQuery, ListQuery),
    responses(
        (status = 200, description = "A page of prompts.", body = Page<PromptResponse>),
        Problems::<(InvalidToken, TooBusy)>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_public_prompts(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Paged { page: query, filter }: Paged<ListQuery>,
) -> ApiResult<Json<Page<PromptResponse>>> {
    list(&state, ListScope::Public, caller.as_ref(), query, filter.into_options(NEWEST)).await
}

/// My prompts
///
/// For any signed-in user: their own, private ones too.
#[utoipa::path(
    get, path = "/prompts/my-prompts", tag = "prompts",
    params(PageQuery, ListQuery),
    responses(
        (status = 200, description = "A page of prompts.", body = Page<PromptResponse>),
        Problems::<TooBusy>,
    ),
    security(("bearer" = [])),
)]
async fn list_own_prompts(
    State(state): State<AppState>,
    User(caller): User,
    Paged { page: query, filter }: Paged<ListQuery>,
) -> ApiResult<Json<Page<PromptResponse>>> {
    list(&state, ListScope::Own(caller.id), Some(&caller), query, filter.into_options(NEWEST)).await
}

/// An author's prompts
///
/// Anyone may call this: public, published ones. The author and an admin see all of them. An unknown
/// author has none.
#[utoipa::path(
    get, path = "/prompts/user/{userId}", tag = "prompts",
    params(("userId" = UserId, Path), PageQuery, ListQuery),
    responses(
        (status = 200, description = "A page of prompts.", body = Page<PromptResponse>),
        Problems::<(InvalidToken, TooBusy)>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_author_prompts(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(author): Path<UserId>,
    Paged { page: query, filter }: Paged<ListQuery>,
) -> ApiResult<Json<Page<PromptResponse>>> {
    let options = filter.into_options(NEWEST);
    let page =
        prompt_lists::list_by_author(&state, author, caller.as_ref(), query, options).await?;
    Ok(Json(PromptResponse::load_page(&state, page).await?))
}

/// Prompts of a category
///
/// Anyone may call this. The name is taken in any case; one that nobody uses has no prompts.
#[utoipa::path(
    get, path = "/prompts/category/{category}", tag = "prompts",
    params(("category" = String, Path, example = "Programming"), PageQuery, ListQuery),
    responses(
        (status = 200, description = "A page of prompts.", body = Page<PromptResponse>),
        Problems::<(InvalidToken, TooBusy)>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_category_prompts(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(category): Path<String>,
    Paged { page: query, filter }: Paged<ListQuery>,
) -> ApiResult<Json<Page<PromptResponse>>> {
    list(&state, ListScope::Category(category), caller.as_ref(), query, filter.into_options(NEWEST))
        .await
}

/// Prompts with a tag
///
/// Anyone may call this. The name is taken in any case; one that nobody uses has no prompts.
#[utoipa::path(
    get, path = "/prompts/tag/{tag}", tag = "prompts",
    params(("tag" = String, Path, example = "rust"), PageQuery, ListQuery),
    responses(
        (status = 200, description = "A page of prompts.", body = Page<PromptResponse>),
        Problems::<(InvalidToken, TooBusy)>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_tag_prompts(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(tag): Path<String>,
    Paged { page: query, filter }: Paged<ListQuery>,
) -> ApiResult<Json<Page<PromptResponse>>> {
    list(&state, ListScope::Tag(tag), caller.as_ref(), query, filter.into_options(NEWEST)).await
}

/// Trending prompts
///
/// Anyone may call this: public prompts, those first that were viewed (1) and liked (5) most of late;
/// what happened three days ago counts half. `sortBy` sorts them otherwise.
#[utoipa::path(
    get, path = "/prompts/trending", tag = "prompts",
    params(PageQuery, ListQuery),
    responses(
        (status = 200, description = "A page of prompts.", body = Page<PromptResponse>),
        Problems::<(InvalidToken, TooBusy)>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_trending_prompts(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Paged { page: query, filter }: Paged<ListQuery>,
) -> ApiResult<Json<Page<PromptResponse>>> {
    let options = filter.into_options(ListOrder::Trending);
    list(&state, ListScope::Public, caller.as_ref(), query, options).await
}

/// Top-rated prompts
///
/// Anyone may call this: public prompts by mean rating, as if each had five more ratings of 3, so that
/// one vote does not make the best. `sortBy` sorts them otherwise.
#[utoipa::path(
    get, path = "/prompts/top-rated", tag = "prompts",
    params(PageQuery, ListQuery),
    responses(
        (status = 200, description = "A page of prompts.", body = Page<PromptResponse>),
        Problems::<(InvalidToken, TooBusy)>,
    ),
    security((), ("bearer" = [])),
)]
async fn list_top_rated_prompts(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Paged { page: query, filter }: Paged<ListQuery>,
) -> ApiResult<Json<Page<PromptResponse>>> {
    let options = filter.into_options(ListOrder::TopRated);
    list(&state, ListScope::Public, caller.as_ref(), query, options).await
}
