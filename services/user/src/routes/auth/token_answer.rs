//! The answer of every endpoint that issues tokens.

use auth::token::ACCESS_TOKEN_LIFETIME;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};
use http_kit::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::refresh_cookie::Browser;
use crate::{error::ServiceError, routes::users::UserResponse, service::sessions::LoggedIn};

/// A session: who, and the tokens to act as them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthResponse {
    /// A JWT; send it as `Authorization: Bearer …`.
    access_token: String,
    /// Good once, for 7 days. Absent where it is in the cookie `pf_refresh`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(example = 900)]
    expires_in: u64,
    user: UserResponse,
}

/// An answer that carries the tokens of a session.
pub struct TokenAnswer {
    headers: HeaderMap,
    body: Json<AuthResponse>,
}

impl TokenAnswer {
    /// Makes an answer with the refresh token in the cookie, or in the body.
    pub fn new(logged_in: LoggedIn, browser: &Browser, cookie: bool) -> Result<Self, ServiceError> {
        let LoggedIn { account, access_token, refresh_token } = logged_in;
        let mut headers = HeaderMap::new();
        // Tokens must not stay in caches (RFC 6749, 5.1).
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if cookie {
            headers.insert(header::SET_COOKIE, browser.set(&refresh_token)?);
        }
        let body = Json(AuthResponse {
            access_token,
            refresh_token: (!cookie).then_some(refresh_token),
            token_type: "Bearer",
            expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
            user: account.into(),
        });
        Ok(Self { headers, body })
    }
}

impl IntoResponse for TokenAnswer {
    fn into_response(self) -> Response {
        (self.headers, self.body).into_response()
    }
}
