//! Routes under `/internal`, for the other services. Not in the OpenAPI document: no client can
//! reach them.

use std::convert::Infallible;

use auth::Internal;
use axum::{
    Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::header;
use http_kit::{ApiError, ApiResult, Path};
use internal_api::{
    Failure, Request, Serve,
    user::{LookUpUsers, LookUpUsersResponse, UserNames, revocations},
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    service::{profiles, revocation_feed},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    let router = Router::new()
        .merge(LookUpUsers::route(look_up_users))
        .route(revocations::PATH, get(follow_revocations));
    OpenApiRouter::from(router)
}

async fn look_up_users(
    _: Internal,
    State(state): State<AppState>,
    _: Path<()>,
    Request(body): Request<LookUpUsers>,
) -> Result<LookUpUsersResponse, Failure<Infallible>> {
    let users = profiles::list(&state, &body.ids)
        .await?
        .into_iter()
        .map(|profile| UserNames {
            id: profile.id,
            username: profile.username,
            first_name: profile.first_name,
            last_name: profile.last_name,
        })
        .collect();
    Ok(LookUpUsersResponse { users })
}

/// Sends the revoked sessions, and then each new one, in an answer that does not end.
async fn follow_revocations(_: Internal, State(state): State<AppState>) -> ApiResult<Response> {
    let lines = revocation_feed::follow(state.revocation_feed.clone()).ok_or_else(|| {
        ApiError::unavailable("database", anyhow::anyhow!("revoked sessions cannot be read"))
    })?;
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((headers, Body::from_stream(lines)).into_response())
}
