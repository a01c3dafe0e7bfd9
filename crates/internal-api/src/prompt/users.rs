//! Calls about the author of prompts.

use std::convert::Infallible;

use http::StatusCode;
use ids::UserId;
use serde::{Deserialize, Serialize};

use crate::call::{Call, Method};

/// Counts the listed prompts of an author, and their likes.
pub struct GetAuthorStats;

impl Call for GetAuthorStats {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/internal/users/{id}/stats";
    type Params = UserId;
    type Request = ();
    type Response = AuthorStatsResponse;
    type Refusal = Infallible;
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorStatsResponse {
    pub prompts_count: i64,
    pub likes_received: i64,
}

/// Removes what a deleted account wrote, or takes its name off it. Repeatable.
pub struct ForgetUser;

impl Call for ForgetUser {
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/internal/users/{id}";
    const STATUS: StatusCode = StatusCode::NO_CONTENT;
    type Params = UserId;
    type Request = ();
    type Response = ();
    type Refusal = Infallible;
}
