//! `/internal`: for the other services. Not described: no client can reach it.

use auth::Internal;
use axum::{Router, extract::State, routing::post};
use garde::Validate;
use http_kit::{ApiResult, Json};
use ids::UserId;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;

use crate::{service::accounts, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::from(Router::new().route("/internal/users/lookup", post(lookup)))
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
    let users = accounts::lookup(&state, &body.ids)
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
