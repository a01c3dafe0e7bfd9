//! Pages of prompts: public ones, one's own, an author's, of a category or tag, trending, top-rated.

use auth::{Identity, MaybeUser, User};
use axum::extract::State;
use garde::Validate;
use http_kit::{
    ApiResult, Json, Page, PageQuery, Paged, Path, Query, openapi::Unauthorized, page::SortDir,
};
use ids::UserId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::prompt::Prompt;
use crate::{
    repo::lists::{Order, Shelf, SortBy},
    service::lists,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(public))
        .routes(routes!(own))
        .routes(routes!(by_author))
        .routes(routes!(in_category))
        .routes(routes!(with_tag))
        .routes(routes!(trending))
        .routes(routes!(top_rated))
}

/// How a list is sorted.
#[derive(Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
#[derive(Default)]
struct SortQuery {
    #[garde(skip)]
    #[param(inline, default = "createdAt")]
    sort_by: SortBy,
    #[garde(skip)]
    #[param(inline, default = "desc")]
    sort_dir: SortDir,
}

async fn page(
    state: &AppState,
    shelf: Shelf,
    caller: Option<&Identity>,
    Paged { page, filter: sort }: Paged<SortQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    let page =
        lists::list(state, shelf, caller, &page, Order::By(sort.sort_by), sort.sort_dir).await?;
    Ok(Json(Prompt::page(state, page).await))
}

/// Public prompts
///
/// Anyone may call this.
#[utoipa::path(
    get, path = "/prompts/public", tag = "prompts",
    params(PageQuery, SortQuery),
    responses((status = 200, description = "A page of prompts.", body = Page<Prompt>), Unauthorized),
    security((), ("bearer" = [])),
)]
async fn public(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    query: Paged<SortQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    page(&state, Shelf::Public, caller.as_ref(), query).await
}

/// My prompts
///
/// For any signed-in user: their own, private ones too, newest first.
#[utoipa::path(
    get, path = "/prompts/my-prompts", tag = "prompts",
    params(PageQuery),
    responses((status = 200, description = "A page of prompts.", body = Page<Prompt>), Unauthorized),
    security(("bearer" = [])),
)]
async fn own(
    State(state): State<AppState>,
    User(caller): User,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    let (shelf, order) = (Shelf::Own(caller.id), Order::By(SortBy::CreatedAt));
    let page = lists::list(&state, shelf, Some(&caller), &page, order, SortDir::Desc).await?;
    Ok(Json(Prompt::page(&state, page).await))
}

/// An author's prompts
///
/// Anyone may call this: public, published ones. The author and an admin see all of them. An unknown
/// author has none.
#[utoipa::path(
    get, path = "/prompts/user/{userId}", tag = "prompts",
    params(("userId" = UserId, Path), PageQuery, SortQuery),
    responses((status = 200, description = "A page of prompts.", body = Page<Prompt>), Unauthorized),
    security((), ("bearer" = [])),
)]
async fn by_author(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(author): Path<UserId>,
    Paged { page, filter: sort }: Paged<SortQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    let (order, dir) = (Order::By(sort.sort_by), sort.sort_dir);
    let page = lists::by_author(&state, author, caller.as_ref(), &page, order, dir).await?;
    Ok(Json(Prompt::page(&state, page).await))
}

/// Prompts of a category
///
/// Anyone may call this. The name is taken in any case; one that nobody uses has no prompts.
#[utoipa::path(
    get, path = "/prompts/category/{category}", tag = "prompts",
    params(("category" = String, Path, example = "Programming"), PageQuery, SortQuery),
    responses((status = 200, description = "A page of prompts.", body = Page<Prompt>), Unauthorized),
    security((), ("bearer" = [])),
)]
async fn in_category(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(category): Path<String>,
    query: Paged<SortQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    page(&state, Shelf::Category(category), caller.as_ref(), query).await
}

/// Prompts with a tag
///
/// Anyone may call this. The name is taken in any case; one that nobody uses has no prompts.
#[utoipa::path(
    get, path = "/prompts/tag/{tag}", tag = "prompts",
    params(("tag" = String, Path, example = "rust"), PageQuery, SortQuery),
    responses((status = 200, description = "A page of prompts.", body = Page<Prompt>), Unauthorized),
    security((), ("bearer" = [])),
)]
async fn with_tag(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(tag): Path<String>,
    query: Paged<SortQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    page(&state, Shelf::Tag(tag), caller.as_ref(), query).await
}

/// Trending prompts
///
/// Anyone may call this: public prompts, those first that were viewed (1) and liked (5) most of late;
/// what happened three days ago counts half. Not sorted otherwise.
#[utoipa::path(
    get, path = "/prompts/trending", tag = "prompts",
    params(PageQuery),
    responses((status = 200, description = "A page of prompts.", body = Page<Prompt>), Unauthorized),
    security((), ("bearer" = [])),
)]
async fn trending(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    best_first(&state, caller.as_ref(), &page, Order::Trending).await
}

/// Top-rated prompts
///
/// Anyone may call this: public prompts by mean rating, as if each had five more ratings of 3, so that
/// one vote does not make the best. Not sorted otherwise.
#[utoipa::path(
    get, path = "/prompts/top-rated", tag = "prompts",
    params(PageQuery),
    responses((status = 200, description = "A page of prompts.", body = Page<Prompt>), Unauthorized),
    security((), ("bearer" = [])),
)]
async fn top_rated(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Query(page): Query<PageQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    best_first(&state, caller.as_ref(), &page, Order::TopRated).await
}

async fn best_first(
    state: &AppState,
    caller: Option<&Identity>,
    page: &PageQuery,
    order: Order,
) -> ApiResult<Json<Page<Prompt>>> {
    let page = lists::list(state, Shelf::Public, caller, page, order, SortDir::Desc).await?;
    Ok(Json(Prompt::page(state, page).await))
}
