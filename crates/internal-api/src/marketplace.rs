//! What the marketplace answers to other services.

use std::convert::Infallible;

use http::StatusCode;
use ids::UserId;

use crate::call::{Call, Method};

/// Takes a deleted account's listings off sale, and its name off them. Repeatable.
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
