//! Pages of prompts: public ones, one's own, an author's, of a category or tag, trending, top-rated.

use auth::{Identity, MaybeUser, User};
use axum::extract::State;
use garde::Validate;
use http_kit::{
    ApiResult, Json, Page, PageQuery, Paged, Path,
    openapi::Unauthorized,
    page::{Include, SortDir},
};
use ids::UserId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::prompt::Prompt;
use crate::{
    repo::lists::{Order, Shelf, SortBy},
    service::lists::{self, Arrangement},
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
    /// In the list's own order unless another is asked for.
    fn arranged(self, own: Order) -> Arrangement {
        let order = self.sort_by.map_or(own, Order::By);
        Arrangement { order, dir: self.sort_dir, include: self.include }
    }
}

/// The order of lists that have none of their own.
const NEWEST: Order = Order::By(SortBy::CreatedAt);

async fn page(
    state: &AppState,
    shelf: Shelf,
    caller: Option<&Identity>,
    page: PageQuery,
    arrangement: Arrangement,
) -> ApiResult<Json<Page<Prompt>>> {
    let page = lists::list(state, shelf, caller, page, arrangement).await?;
    Ok(Json(Prompt::page(state, page).await?))
}

/// Public prompts
///
/// Anyone may call this.
#[utoipa::path(
    get, path = "/prompts/public", tag = "prompts",
    params(PageQuery, ListQuery),
    responses((status = 200, description = "A page of prompts.", body = Page<Prompt>), Unauthorized),
    security((), ("bearer" = [])),
)]
async fn public(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Paged { page: query, filter }: Paged<ListQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    page(&state, Shelf::Public, caller.as_ref(), query, filter.arranged(NEWEST)).await
}

/// My prompts
///
/// For any signed-in user: their own, private ones too.
#[utoipa::path(
    get, path = "/prompts/my-prompts", tag = "prompts",
    params(PageQuery, ListQuery),
    responses((status = 200, description = "A page of prompts.", body = Page<Prompt>), Unauthorized),
    security(("bearer" = [])),
)]
async fn own(
    State(state): State<AppState>,
    User(caller): User,
    Paged { page: query, filter }: Paged<ListQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    page(&state, Shelf::Own(caller.id), Some(&caller), query, filter.arranged(NEWEST)).await
}

/// An author's prompts
///
/// Anyone may call this: public, published ones. The author and an admin see all of them. An unknown
/// author has none.
#[utoipa::path(
    get, path = "/prompts/user/{userId}", tag = "prompts",
    params(("userId" = UserId, Path), PageQuery, ListQuery),
    responses((status = 200, description = "A page of prompts.", body = Page<Prompt>), Unauthorized),
    security((), ("bearer" = [])),
)]
async fn by_author(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(author): Path<UserId>,
    Paged { page: query, filter }: Paged<ListQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    let arrangement = filter.arranged(NEWEST);
    let page = lists::by_author(&state, author, caller.as_ref(), query, arrangement).await?;
    Ok(Json(Prompt::page(&state, page).await?))
}

/// Prompts of a category
///
/// Anyone may call this. The name is taken in any case; one that nobody uses has no prompts.
#[utoipa::path(
    get, path = "/prompts/category/{category}", tag = "prompts",
    params(("category" = String, Path, example = "Programming"), PageQuery, ListQuery),
    responses((status = 200, description = "A page of prompts.", body = Page<Prompt>), Unauthorized),
    security((), ("bearer" = [])),
)]
async fn in_category(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(category): Path<String>,
    Paged { page: query, filter }: Paged<ListQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    page(&state, Shelf::Category(category), caller.as_ref(), query, filter.arranged(NEWEST)).await
}

/// Prompts with a tag
///
/// Anyone may call this. The name is taken in any case; one that nobody uses has no prompts.
#[utoipa::path(
    get, path = "/prompts/tag/{tag}", tag = "prompts",
    params(("tag" = String, Path, example = "rust"), PageQuery, ListQuery),
    responses((status = 200, description = "A page of prompts.", body = Page<Prompt>), Unauthorized),
    security((), ("bearer" = [])),
)]
async fn with_tag(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Path(tag): Path<String>,
    Paged { page: query, filter }: Paged<ListQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    page(&state, Shelf::Tag(tag), caller.as_ref(), query, filter.arranged(NEWEST)).await
}

/// Trending prompts
///
/// Anyone may call this: public prompts, those first that were viewed (1) and liked (5) most of late;
/// what happened three days ago counts half. `sortBy` sorts them otherwise.
#[utoipa::path(
    get, path = "/prompts/trending", tag = "prompts",
    params(PageQuery, ListQuery),
    responses((status = 200, description = "A page of prompts.", body = Page<Prompt>), Unauthorized),
    security((), ("bearer" = [])),
)]
async fn trending(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Paged { page: query, filter }: Paged<ListQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    let arrangement = filter.arranged(Order::Trending);
    page(&state, Shelf::Public, caller.as_ref(), query, arrangement).await
}

/// Top-rated prompts
///
/// Anyone may call this: public prompts by mean rating, as if each had five more ratings of 3, so that
/// one vote does not make the best. `sortBy` sorts them otherwise.
#[utoipa::path(
    get, path = "/prompts/top-rated", tag = "prompts",
    params(PageQuery, ListQuery),
    responses((status = 200, description = "A page of prompts.", body = Page<Prompt>), Unauthorized),
    security((), ("bearer" = [])),
)]
async fn top_rated(
    State(state): State<AppState>,
    MaybeUser(caller): MaybeUser,
    Paged { page: query, filter }: Paged<ListQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    let arrangement = filter.arranged(Order::TopRated);
    page(&state, Shelf::Public, caller.as_ref(), query, arrangement).await
}
