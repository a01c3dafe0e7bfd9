//! Bodies that are parsed off the async threads, since their checks take more than linear work.

use auth::Identity;
use axum::extract::{FromRequest, Request};
use garde::Validate;
use http::request::Parts;
use http_kit::{
    ApiError, ApiResult,
    extract::{parse_json, read_json},
    problem::codes,
};
use ids::UserId;
use serde::de::DeserializeOwned;

use crate::state::AppState;

/// A JSON body as [`http_kit::Json`], parsed and checked off the async threads: patterns and schemas are
/// compiled for that.
#[derive(Debug)]
pub struct HeavyJson<T>(pub T);

impl<T> FromRequest<AppState> for HeavyJson<T>
where
    T: DeserializeOwned + Validate<Context = ()> + Send + 'static,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let sender = sender(&parts)?;
        let bytes = read_json(Request::from_parts(parts, body)).await?;
        let body = state.offload.run(sender, move || parse_json(&bytes)).await;
        body.unwrap_or_else(|error| Err(ApiError::internal(error))).map(Self)
    }
}

/// Returns the sender of a request; 401 when nobody is signed in.
fn sender(parts: &Parts) -> ApiResult<UserId> {
    let identity = parts.extensions.get::<Identity>().map(|identity| identity.id);
    identity.ok_or_else(|| ApiError::of(codes::AuthenticationRequired::CODE, "Sign in to do this."))
}
