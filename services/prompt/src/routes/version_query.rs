//! The version of a prompt in a request.

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
    /// Returns the version in the query.
    ///
    /// # Errors
    /// Those of [`version_ref`].
    pub fn into_version_ref(self) -> ApiResult<VersionRef> {
        version_ref(self.version, self.label)
    }
}

/// Returns the version with a number or a label, or the newest if neither is given.
///
/// # Errors
/// 400 when both are given.
pub fn version_ref(version: Option<i32>, label: Option<String>) -> ApiResult<VersionRef> {
    match (version, label) {
        (None, None) => Ok(VersionRef::Newest),
        (Some(number), None) => Ok(VersionRef::Number(number)),
        (None, Some(label)) => Ok(VersionRef::Label(label)),
        (Some(_), Some(_)) => {
            Err(ApiError::invalid_field("label", "cannot be given beside version"))
        }
    }
}
