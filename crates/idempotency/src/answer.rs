//! The answer to a request that created something.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, StatusCode, header};
use serde::Serialize;

use crate::Error;

/// A JSON answer, with the headers that belong to the created thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) etag: Option<String>,
    /// The body, in JSON.
    pub(crate) body: String,
}

impl Answer {
    /// Makes an answer of status 201 with a `Location`.
    ///
    /// # Errors
    /// When `body` cannot be written as JSON.
    pub fn created(location: String, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_string(body).map_err(Error::Unwritable)?;
        Ok(Self { status: 201, location: Some(location), etag: None, body })
    }

    /// Adds an `ETag`.
    #[must_use]
    pub fn with_etag(self, etag: String) -> Self {
        Self { etag: Some(etag), ..self }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::CREATED);
        let mut response = (status, self.body).into_response();
        let json = Some("application/json".to_owned());
        let headers: [(HeaderName, Option<String>); 3] = [
            (header::CONTENT_TYPE, json),
            (header::LOCATION, self.location),
            (header::ETAG, self.etag),
        ];
        for (name, value) in headers {
            // Both are made of ids and numbers; a value that is no header value is left out.
            if let Some(value) = value.and_then(|value| value.try_into().ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
