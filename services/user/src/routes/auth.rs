//! `/auth`: registering, signing in, staying signed in.

use auth::token::ACCESS_TOKEN_LIFETIME;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use garde::Validate;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_kit::{
    ApiResult, Json,
    openapi::{Conflict, Forbidden, TooManyRequests, Unauthorized},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{profile::User, refresh_cookie::Browser};
use crate::{
    domain::{Device, NewAccount, rules},
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
    #[garde(custom(rules::username))]
    #[schema(min_length = 3, max_length = 50, pattern = "^[A-Za-z0-9_.-]+$", example = "ada")]
    username: String,
    /// Unique without case.
    #[garde(custom(rules::email))]
    #[schema(format = "email", max_length = 254, example = "ada@example.com")]
    email: String,
    #[garde(custom(rules::new_password))]
    #[schema(
        format = "password",
        min_length = 8,
        max_length = 128,
        example = "correct horse battery"
    )]
    password: String,
    /// On one line.
    #[garde(inner(custom(rules::name)))]
    #[schema(max_length = 100, pattern = "visible-line", example = "Ada")]
    first_name: Option<String>,
    /// On one line.
    #[garde(inner(custom(rules::name)))]
    #[schema(max_length = 100, pattern = "visible-line", example = "Lovelace")]
    last_name: Option<String>,
    /// Puts the refresh token into the cookie `pf_refresh`, out of the reach of scripts, and not into
    /// the answer.
    #[garde(skip)]
    #[serde(default)]
    cookie: bool,
}

#[derive(Deserialize, Validate, ToSchema)]
struct Login {
    /// The email address, or the username.
    #[garde(length(chars, min = 1, max = 254))]
    #[schema(min_length = 1, max_length = 254, example = "ada@example.com")]
    email: String,
    #[garde(custom(rules::password))]
    #[schema(
        format = "password",
        min_length = 1,
        max_length = 128,
        example = "correct horse battery"
    )]
    password: String,
    /// As at the registration.
    #[garde(skip)]
    #[serde(default)]
    cookie: bool,
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Refresh {
    /// Not needed where the cookie `pf_refresh` holds it.
    #[garde(inner(length(bytes, min = 1, max = 512)))]
    #[schema(min_length = 1, max_length = 512)]
    refresh_token: Option<String>,
}

/// A session: who, and the tokens to act as them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Auth {
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
    user: User,
}

/// The answer to who is signed in now.
struct Answer {
    headers: HeaderMap,
    body: Json<Auth>,
}

impl Answer {
    /// With the refresh token in the cookie, or in the body.
    fn new(signed_in: SignedIn, browser: &Browser, cookie: bool) -> ApiResult<Self> {
        let SignedIn { account, access_token, refresh_token } = signed_in;
        let mut headers = HeaderMap::new();
        // Tokens must not stay in caches (RFC 6749, 5.1).
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if cookie {
            headers.insert(header::SET_COOKIE, browser.set(&refresh_token)?);
        }
        let body = Json(Auth {
            access_token,
            refresh_token: (!cookie).then_some(refresh_token),
            token_type: "Bearer",
            expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
            user: account.into(),
        });
        Ok(Self { headers, body })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (self.headers, self.body).into_response()
    }
}

/// Register
///
/// Creates an account and signs it in. Anyone may call this.
#[utoipa::path(
    post, path = "/auth/register", tag = "auth",
    request_body = Register,
    responses(
        (status = 201, description = "Registered and signed in.", body = Auth),
        Forbidden,
        Conflict,
    ),
)]
async fn register(
    State(state): State<AppState>,
    device: Device,
    browser: Browser,
    Json(body): Json<Register>,
) -> ApiResult<(StatusCode, [(header::HeaderName, String); 1], Answer)> {
    if body.cookie {
        browser.ensure_may_have_cookie()?;
    }
    let new = NewAccount {
        username: body.username,
        email: body.email,
        first_name: body.first_name.map(|name| name.trim().to_owned()),
        last_name: body.last_name.map(|name| name.trim().to_owned()),
    };
    let signed_in = accounts::register(&state, new, body.password, &device).await?;
    let location = format!("/users/{}", signed_in.account.id);
    let answer = Answer::new(signed_in, &browser, body.cookie)?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], answer))
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
    device: Device,
    browser: Browser,
    Json(body): Json<Login>,
) -> ApiResult<Answer> {
    if body.cookie {
        browser.ensure_may_have_cookie()?;
    }
    let signed_in = sessions::login(&state, body.email.trim(), body.password, &device).await?;
    Answer::new(signed_in, &browser, body.cookie)
}

/// Refresh
///
/// Exchanges a refresh token, of the body or else of the cookie `pf_refresh`, for new tokens, which go
/// where it was. Each is good once, and for 10 seconds after that: an answer can be lost, and two tabs
/// can ask at once. Using it later ends the session, since someone else may hold a copy. The cookie is
/// taken from pages of allowed origins only.
#[utoipa::path(
    post, path = "/auth/refresh", tag = "auth",
    request_body = Option<Refresh>,
    responses(
        (status = 200, description = "New tokens.", body = Auth),
        Unauthorized,
        Forbidden,
    ),
)]
async fn refresh(
    State(state): State<AppState>,
    device: Device,
    browser: Browser,
    body: Option<Json<Refresh>>,
) -> ApiResult<Answer> {
    let given = browser.token(body.and_then(|Json(body)| body.refresh_token))?;
    let signed_in = sessions::refresh(&state, &given.token, &device).await?;
    Answer::new(signed_in, &browser, given.in_cookie)
}
