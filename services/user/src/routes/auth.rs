//! `/auth`: registering, signing in, staying signed in.

use auth::{ClientAddress, token::ACCESS_TOKEN_LIFETIME};
use axum::extract::State;
use garde::Validate;
use http::{HeaderValue, StatusCode, header};
use http_kit::{
    ApiResult, Json,
    openapi::{Conflict, Forbidden, TooManyRequests, Unauthorized},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::profile::User;
use crate::{
    domain::{self, NewAccount},
    service::{
        accounts,
        sessions::{self, SignedIn},
    },
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(register)).routes(routes!(login)).routes(routes!(refresh))
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Register {
    /// Letters, digits, `_`, `.` and `-`; unique without case.
    #[garde(custom(domain::username))]
    #[schema(min_length = 3, max_length = 50, pattern = "^[A-Za-z0-9_.-]+$", example = "ada")]
    username: String,
    /// Unique without case.
    #[garde(custom(domain::email))]
    #[schema(format = "email", max_length = 254, example = "ada@example.com")]
    email: String,
    #[garde(custom(domain::password))]
    #[schema(
        format = "password",
        min_length = 8,
        max_length = 128,
        example = "correct horse battery"
    )]
    password: String,
    #[garde(length(chars, max = 100), custom(domain::not_blank))]
    #[schema(max_length = 100, example = "Ada")]
    first_name: Option<String>,
    #[garde(length(chars, max = 100), custom(domain::not_blank))]
    #[schema(max_length = 100, example = "Lovelace")]
    last_name: Option<String>,
}

#[derive(Deserialize, Validate, ToSchema)]
struct Login {
    /// The email address, or the username.
    #[garde(length(chars, min = 1, max = 254))]
    #[schema(min_length = 1, max_length = 254, example = "ada@example.com")]
    email: String,
    #[garde(length(chars, min = 1, max = 128))]
    #[schema(
        format = "password",
        min_length = 1,
        max_length = 128,
        example = "correct horse battery"
    )]
    password: String,
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Refresh {
    #[garde(length(bytes, min = 1, max = 512))]
    refresh_token: String,
}

/// A session: who, and the tokens to act as them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Auth {
    /// A JWT; send it as `Authorization: Bearer …`.
    access_token: String,
    /// Good once, for 7 days.
    refresh_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(example = 900)]
    expires_in: u64,
    user: User,
}

impl From<SignedIn> for Auth {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            access_token: signed_in.access_token,
            refresh_token: signed_in.refresh_token,
            token_type: "Bearer",
            expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
            user: signed_in.account.into(),
        }
    }
}

/// Tokens must not stay in caches (RFC 6749, 5.1).
type NoStore<T> = ([(header::HeaderName, HeaderValue); 1], T);

fn no_store<T>(body: T) -> NoStore<T> {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], body)
}

/// Register
///
/// Creates an account and signs it in. Anyone may call this.
#[utoipa::path(
    post, path = "/auth/register", tag = "auth",
    request_body = Register,
    responses(
        (status = 201, description = "Registered and signed in.", body = Auth),
        Conflict,
    ),
)]
async fn register(
    State(state): State<AppState>,
    Json(body): Json<Register>,
) -> ApiResult<(StatusCode, [(header::HeaderName, String); 1], NoStore<Json<Auth>>)> {
    let new = NewAccount {
        username: body.username,
        email: body.email,
        first_name: body.first_name,
        last_name: body.last_name,
    };
    let signed_in = accounts::register(&state, new, body.password).await?;
    let location = format!("/users/{}", signed_in.account.id);
    let body = no_store(Json(signed_in.into()));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], body))
}

/// Sign in
///
/// With an email address or a username. Anyone may call this; the answer and its time are the same
/// whether or not there is such an account. After too many wrong passwords from one address, for
/// one name or in all, none is taken from there for a while.
#[utoipa::path(
    post, path = "/auth/login", tag = "auth",
    request_body = Login,
    responses(
        (status = 200, description = "Signed in.", body = Auth),
        Unauthorized,
        Forbidden,
        TooManyRequests,
    ),
)]
async fn login(
    State(state): State<AppState>,
    ClientAddress(from): ClientAddress,
    Json(body): Json<Login>,
) -> ApiResult<NoStore<Json<Auth>>> {
    let signed_in = sessions::login(&state, body.email.trim(), body.password, from).await?;
    Ok(no_store(Json(signed_in.into())))
}

/// Refresh
///
/// Exchanges a refresh token for new tokens. Each is good once: using a spent one again ends the
/// session, since someone else may hold a copy.
#[utoipa::path(
    post, path = "/auth/refresh", tag = "auth",
    request_body = Refresh,
    responses(
        (status = 200, description = "New tokens.", body = Auth),
        Unauthorized,
    ),
)]
async fn refresh(
    State(state): State<AppState>,
    Json(body): Json<Refresh>,
) -> ApiResult<NoStore<Json<Auth>>> {
    let signed_in = sessions::refresh(&state, &body.refresh_token).await?;
    Ok(no_store(Json(signed_in.into())))
}
