//! Extractors whose rejections are problems that name every bad field at once.

mod body;
mod collect;
mod nul;
mod params;
mod whole;
mod wording;

pub use body::{Json, parse_json, read_json};
pub use params::{Paged, Path, Query};
pub use whole::{content_length, read as read_whole};

use garde::{Validate, i18n::with_i18n};
use serde::{Deserialize, Deserializer};

use crate::problem::FieldErrors;

/// Adds what a type's own rules say, under the names the client used.
fn validate<T: Validate<Context = ()>>(value: &T, errors: &mut FieldErrors) {
    if let Err(report) = with_i18n(wording::Wording, || value.validate()) {
        for (path, error) in report.iter() {
            let problem = error.message().to_owned();
            errors.entry(camel_case(&path.to_string())).or_default().push(problem);
        }
    }
}

/// Rules know fields by their Rust names; clients know them in camelCase.
fn camel_case(snake: &str) -> String {
    let mut upper = false;
    snake
        .chars()
        .filter_map(|c| match c {
            '_' => {
                upper = true;
                None
            }
            c if std::mem::take(&mut upper) => Some(c.to_ascii_uppercase()),
            c => Some(c),
        })
        .collect()
}

/// Tells an absent field (`None`, with `#[serde(default)]`) from one that is `null` (`Some(None)`).
///
/// # Errors
/// As `T`'s own.
pub fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// For a field that may be absent (`None`, with `#[serde(default)]`), but not `null`.
///
/// # Errors
/// As `T`'s own, which has no `null`.
pub fn not_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
