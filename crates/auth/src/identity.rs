//! The identity headers, in which the gateway passes the caller on.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_kit::{ApiError, deadline::Deadline, problem::codes};
use ids::{SessionId, UserId};

use crate::{
    claims::{Claims, Role},
    internal_token::InternalToken,
};

pub static X_USER_ID: HeaderName = HeaderName::from_static("x-user-id");
pub static X_USERNAME: HeaderName = HeaderName::from_static("x-username");
pub static X_USER_ROLES: HeaderName = HeaderName::from_static("x-user-roles");
pub static X_SESSION_ID: HeaderName = HeaderName::from_static("x-session-id");
pub static X_INTERNAL_TOKEN: HeaderName = HeaderName::from_static("x-internal-token");

/// A signed-in caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub id: UserId,
    pub username: String,
    pub roles: Vec<Role>,
    /// The session of the caller's access token; `None` for a caller without a token.
    pub session: Option<SessionId>,
}

impl From<&Claims> for Identity {
    fn from(claims: &Claims) -> Self {
        Self {
            id: claims.sub,
            username: claims.username.clone(),
            roles: claims.roles.clone(),
            session: Some(claims.sid),
        }
    }
}

impl Identity {
    pub fn is_admin(&self) -> bool {
        self.roles.contains(&Role::Admin)
    }

    /// Writes the identity headers.
    pub fn write(&self, headers: &mut HeaderMap) {
        let roles = self.roles.iter().map(Role::to_string).collect::<Vec<_>>().join(",");
        for (name, value) in [
            (&X_USER_ID, self.id.to_string()),
            (&X_USERNAME, self.username.clone()),
            (&X_USER_ROLES, roles),
        ] {
            // Ids, usernames and roles are ASCII by construction; anything else is not passed on,
            // and the service then refuses the incomplete identity.
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
        if let Some(Ok(session)) = self.session.map(|id| HeaderValue::try_from(id.to_string())) {
            headers.insert(&X_SESSION_ID, session);
        }
    }

    /// Reads the identity headers of a trusted request; `None` for an anonymous caller.
    ///
    /// # Errors
    /// 401 when the headers are there but cannot be read.
    fn read(headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        let Some(id) = headers.get(&X_USER_ID) else { return Ok(None) };
        let text =
            |value: Option<&HeaderValue>| value.and_then(|v| v.to_str().ok()).map(str::to_owned);
        let identity = (|| {
            Some(Self {
                id: id.to_str().ok()?.parse().ok()?,
                username: text(headers.get(&X_USERNAME))?,
                roles: text(headers.get(&X_USER_ROLES))?
                    .split(',')
                    .filter_map(|role| role.trim().parse().ok())
                    .collect(),
                session: match headers.get(&X_SESSION_ID) {
                    Some(session) => Some(session.to_str().ok()?.parse().ok()?),
                    None => None,
                },
            })
        })();
        identity.map(Some).ok_or_else(|| {
            ApiError::of(codes::InvalidIdentity::CODE, "The identity headers are not valid.")
        })
    }
}

/// A mark on requests that carry the right internal token.
#[derive(Clone, Copy)]
pub(crate) struct Trusted;

/// Reads the identity headers of a request that carries the right internal token. Without the token
/// the caller is anonymous, whatever the headers hold. The time that a trusted request has for its answer is kept.
pub async fn identify(
    State(token): State<InternalToken>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut deadline = Deadline::longest();
    let trusted = request
        .headers()
        .get(&X_INTERNAL_TOKEN)
        .is_some_and(|given| token.matches(given.as_bytes()));
    if trusted {
        request.extensions_mut().insert(Trusted);
        deadline = Deadline::from_headers(request.headers());
        match Identity::read(request.headers()) {
            Ok(Some(identity)) => {
                request.extensions_mut().insert(identity);
            }
            Ok(None) => {}
            Err(error) => return error.into_response(),
        }
    }
    deadline.enforce(request, next).await
}
