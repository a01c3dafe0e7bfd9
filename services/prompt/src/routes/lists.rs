//! `/prompts/public`, `/prompts/my-prompts`: pages of prompts.

use auth::{MaybeUser, User};
use axum::extract::State;
use garde::Validate;
use http_kit::{
    ApiResult, Json, Page, PageQuery, Paged, Query, openapi::Unauthorized, page::SortDir,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::prompt::Prompt;
use crate::{repo::prompts::SortBy, service::reading, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(public)).routes(routes!(own))
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

/// Public prompts
///
/// Anyone may call this.
#[utoipa::path(
    get, path = "/prompts/public", tag = "prompts",
    params(PageQuery, SortQuery),
    responses((status = 200, description = "A page of prompts.", body = Page<Prompt>)),
    security((), ("bearer" = [])),
)]
async fn public(
    State(state): State<AppState>,
    caller: MaybeUser,
    Paged { page, filter: sort }: Paged<SortQuery>,
) -> ApiResult<Json<Page<Prompt>>> {
    let page = reading::public(&state, caller.id(), &page, sort.sort_by, sort.sort_dir).await?;
    Ok(Json(Prompt::page(&state, page).await))
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
    let page = reading::own(&state, caller.id, &page).await?;
    Ok(Json(Prompt::page(&state, page).await))
}
