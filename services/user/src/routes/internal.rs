//! `/internal`: for the other services. Not described: no client can reach it.

use auth::Internal;
use axum::{
    Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use garde::Validate;
use http::header;
use http_kit::{ApiError, ApiResult, Json};
use ids::UserId;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    service::{profiles, revocation_feed},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::from(
        Router::new()
            .route("/internal/users/lookup", post(lookup))
            .route(auth::revocations::PATH, get(follow_revocations)),
    )
}

#[derive(Deserialize, Validate)]
struct Lookup {
    #[garde(length(max = 1000))]
    ids: Vec<UserId>,
}

#[derive(Serialize)]
struct Found {
    users: Vec<Name>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Name {
    id: UserId,
    username: String,
    first_name: Option<String>,
    last_name: Option<String>,
}

async fn lookup(
    Internal(_): Internal,
    State(state): State<AppState>,
    Json(body): Json<Lookup>,
) -> ApiResult<Json<Found>> {
    let users = profiles::list(&state, &body.ids)
        .await?
        .into_iter()
        .map(|profile| Name {
            id: profile.id,
            username: profile.username,
            first_name: profile.first_name,
            last_name: profile.last_name,
        })
        .collect();
    Ok(Json(Found { users }))
}

/// The revoked sessions, and what comes to them, in an answer that does not end.
async fn follow_revocations(
    Internal(_): Internal,
    State(state): State<AppState>,
) -> ApiResult<Response> {
    let lines = revocation_feed::follow(state.revocation_feed).ok_or_else(|| {
        ApiError::unavailable("database", anyhow::anyhow!("revoked sessions cannot be read"))
    })?;
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((headers, Body::from_stream(lines)).into_response())
}
