//! `POST /auth/password`.

use auth::{ClientAddress, User};
use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use http_kit::{ApiResult, Json, openapi::Problems};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    domain::rules,
    error::{PasswordCheckProblems, codes},
    service::passwords,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(change_password))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChangePassword {
    #[garde(custom(rules::password))]
    #[schema(
        format = "password",
        min_length = 1,
        max_length = 128,
        example = "correct horse battery"
    )]
    current_password: String,
    #[garde(custom(rules::new_password))]
    #[schema(
        format = "password",
        min_length = 8,
        max_length = 128,
        example = "a better horse battery"
    )]
    new_password: String,
}

/// Change my password
///
/// For any signed-in user who knows the present one. Ends your other sessions and their access tokens;
/// the one whose access token this is called with goes on.
#[utoipa::path(
    post, path = "/auth/password", tag = "auth",
    request_body = ChangePassword,
    responses(
        (status = 204, description = "Changed."),
        Problems::<(PasswordCheckProblems, codes::Suspended)>,
    ),
    security(("bearer" = [])),
)]
async fn change_password(
    State(state): State<AppState>,
    User(caller): User,
    ClientAddress(address): ClientAddress,
    Json(body): Json<ChangePassword>,
) -> ApiResult<StatusCode> {
    let ChangePassword { current_password, new_password } = body;
    passwords::change(&state, &caller, current_password, new_password, address).await?;
    Ok(StatusCode::NO_CONTENT)
}
