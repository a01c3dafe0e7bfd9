//! The public keys that access tokens are verified by (RFC 7517).

use axum::{Json, extract::State};
use http::header;
use http_kit::openapi::Problems;
use jsonwebtoken::jwk::JwkSet;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_jwks))
}

/// Public keys
///
/// The JSON Web Key Set that access tokens are verified by. Anyone may call this.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "auth",
    responses((status = 200, description = "The key set.", body = Object), Problems::<()>),
)]
async fn get_jwks(
    State(state): State<AppState>,
) -> ([(header::HeaderName, &'static str); 1], Json<JwkSet>) {
    ([(header::CACHE_CONTROL, "public, max-age=60")], Json(state.keys.signer().jwks().clone()))
}
