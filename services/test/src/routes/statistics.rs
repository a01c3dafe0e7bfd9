//! `GET /api/tests/statistics`: statistics of the caller's tests.

use auth::User;
use axum::extract::State;
use garde::Validate;
use http_kit::{ApiResult, Json, Query, openapi::Problems};
use ids::PromptId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{domain::Statistics, service, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_test_statistics))
}

#[derive(Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct StatisticsQuery {
    /// Only tests of this prompt; then also by version.
    #[garde(skip)]
    prompt_id: Option<PromptId>,
}

/// My statistics
///
/// For any signed-in user, of their own tests.
#[utoipa::path(
    get, path = "/api/tests/statistics", tag = "tests",
    params(StatisticsQuery),
    responses(
        (status = 200, description = "What they come to.", body = Statistics),
        Problems::<()>,
    ),
    security(("bearer" = [])),
)]
async fn get_test_statistics(
    State(state): State<AppState>,
    User(caller): User,
    Query(query): Query<StatisticsQuery>,
) -> ApiResult<Json<Statistics>> {
    Ok(Json(service::statistics::find(&state, &caller, query.prompt_id).await?))
}
