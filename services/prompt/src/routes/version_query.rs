//! Which version of a prompt is asked for.

use garde::Validate;
use http_kit::{ApiError, ApiResult};
use serde::Deserialize;

use crate::domain::VersionRef;

/// The newest version, unless one is named.
#[derive(Deserialize, Validate, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VersionQuery {
    /// A version's number.
    #[garde(range(min = 1))]
    #[param(minimum = 1)]
    version: Option<i32>,
    /// A version's label, such as `latest`; not beside `version`.
    #[garde(length(chars, max = 50))]
    #[param(max_length = 50)]
    label: Option<String>,
}

impl VersionQuery {
    /// # Errors
    /// 400 when both a number and a label are given.
    pub fn meant(self) -> ApiResult<VersionRef> {
        match (self.version, self.label) {
            (None, None) => Ok(VersionRef::Newest),
            (Some(number), None) => Ok(VersionRef::Number(number)),
            (None, Some(label)) => Ok(VersionRef::Label(label)),
            (Some(_), Some(_)) => {
                Err(ApiError::invalid_field("label", "cannot be given beside version"))
            }
        }
    }
}
