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
    /// As [`version_ref`].
    pub fn meant(self) -> ApiResult<VersionRef> {
        version_ref(self.version, self.label)
    }
}

/// The newest version, unless a number or a label is given.
///
/// # Errors
/// 400 when both are.
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
