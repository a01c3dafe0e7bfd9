//! The callee's side of a call.

use auth::Internal;
use axum::{
    Router,
    extract::{FromRequest, FromRequestParts, State},
    response::{IntoResponse, Response},
    routing::on,
};
use http::StatusCode;
use http_kit::{ApiError, Json, Path, Query};

use crate::{call::Call, refusal::Refusal};

/// The request of a call, checked by its type's rules.
pub struct Request<C: Call>(pub C::Request);

impl<C: Call, S: Send + Sync> FromRequest<S> for Request<C> {
    type Rejection = ApiError;

    async fn from_request(request: axum::extract::Request, state: &S) -> Result<Self, ApiError> {
        if C::METHOD.has_body() {
            let Json(body) = Json::from_request(request, state).await?;
            return Ok(Self(body));
        }
        let (mut parts, _) = request.into_parts();
        let Query(query) = Query::from_request_parts(&mut parts, state).await?;
        Ok(Self(query))
    }
}

/// Why a handler gives no response.
#[derive(Debug)]
pub enum Failure<R> {
    Refused(R),
    /// An error that the caller does not act on.
    Error(ApiError),
}

impl<R, E: Into<ApiError>> From<E> for Failure<R> {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl<R: Refusal> IntoResponse for Failure<R> {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => {
                let (status, code, detail) = refusal.answer();
                ApiError::new(status, code, detail).into_response()
            }
            Self::Error(error) => error.into_response(),
        }
    }
}

/// The registration of a call's handler.
pub trait Serve: Call {
    /// Returns a router with the call's handler, which only services of the fleet reach.
    fn route<S, H, F>(handler: H) -> Router<S>
    where
        Self: Sized,
        S: Clone + Send + Sync + 'static,
        H: Fn(Internal, State<S>, Path<Self::Params>, Request<Self>) -> F,
        H: Clone + Send + Sync + 'static,
        F: Future<Output = Result<Self::Response, Failure<Self::Refusal>>> + Send,
    {
        let respond = async move |caller: Internal,
                                  state: State<S>,
                                  params: Path<Self::Params>,
                                  request: Request<Self>| {
            handler(caller, state, params, request).await.map(to_response::<Self>)
        };
        Router::new().route(Self::PATH, on(Self::METHOD.into(), respond))
    }
}

impl<C: Call> Serve for C {}

fn to_response<C: Call>(response: C::Response) -> Response {
    match C::STATUS {
        StatusCode::NO_CONTENT => StatusCode::NO_CONTENT.into_response(),
        status => (status, Json(response)).into_response(),
    }
}
