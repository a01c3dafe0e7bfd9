//! `/auth/sessions`.

use auth::User;
use axum::extract::State;
use http::StatusCode;
use http_kit::{ApiResult, Json, Path, openapi::Problems};
use ids::SessionId;
use serde::Serialize;
use timestamp::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{domain::Session, error::codes, service::sessions, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_sessions)).routes(routes!(revoke_session))
}

/// One of my sessions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SessionResponse {
    id: SessionId,
    created_at: Timestamp,
    /// When it last gave out tokens; they are good for 15 minutes.
    last_used_at: Timestamp,
    /// Where it was last used from; null when that is not known.
    #[schema(example = "203.0.113.7")]
    address: Option<String>,
    /// What it was last used with, as that says itself.
    #[schema(max_length = 200, example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)")]
    user_agent: Option<String>,
    /// The one that this is asked with.
    current: bool,
}

/// My sessions
///
/// Those that go on, the one used last first; of more than 500, the first. For any signed-in user.
#[utoipa::path(
    get, path = "/auth/sessions", tag = "auth",
    responses(
        (status = 200, description = "Your sessions.", body = Vec<SessionResponse>),
        Problems::<()>,
    ),
    security(("bearer" = [])),
)]
async fn list_sessions(
    State(state): State<AppState>,
    User(caller): User,
) -> ApiResult<Json<Vec<SessionResponse>>> {
    let sessions = sessions::list(&state, &caller).await?;
    let response = |session: Session| SessionResponse {
        current: Some(session.sid) == caller.session,
        id: session.id,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        address: session.address,
        user_agent: session.user_agent,
    };
    Ok(Json(sessions.into_iter().map(response).collect()))
}

/// End a session
///
/// As signing out of it does. For its owner; one that is over is a 404, as is someone else's.
#[utoipa::path(
    delete, path = "/auth/sessions/{id}", tag = "auth",
    params(("id" = SessionId, Path, description = "The session's id.")),
    responses(
        (status = 204, description = "That session is over."),
        Problems::<codes::SessionNotFound>,
    ),
    security(("bearer" = [])),
)]
async fn revoke_session(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<SessionId>,
) -> ApiResult<StatusCode> {
    sessions::revoke(&state, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
