//! `POST /api/tests/{id}/cancel`.

use auth::User as Caller;
use axum::extract::State;
use http_kit::{
    ApiResult, Json, Path,
    openapi::{Conflict, Forbidden, NotFound, Unauthorized},
};
use ids::TestId;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{domain::Test, service, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(cancel))
}

/// Cancel a test
///
/// Whether it waits or runs: it ends `CANCELLED`. What came of its answer is kept, marked by
/// `responseIncomplete`, with tokens and cost as estimated. Cancelling it again changes nothing. For its
/// owner only.
#[utoipa::path(
    post, path = "/api/tests/{id}/cancel", tag = "tests",
    params(("id" = TestId, Path, description = "The test's id.")),
    responses(
        (status = 200, description = "Cancelled.", body = Test),
        Unauthorized,
        Forbidden,
        NotFound,
        Conflict,
    ),
    security(("bearer" = [])),
)]
async fn cancel(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<TestId>,
) -> ApiResult<Json<Test>> {
    Ok(Json(service::cancel(&state, &caller, id).await?))
}
