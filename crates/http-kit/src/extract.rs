//! Extractors of JSON bodies, paths and queries, whose rejections name every bad field at once.

mod body;
mod buffered_body;
mod collect;
mod nul;
mod params;
mod wording;

pub use body::{Json, parse_json, read_json};
pub use buffered_body::{BufferedBody, buffer_body, content_length};
pub use params::{Paged, Path, Query};

use garde::{Validate, i18n::with_i18n};
use serde::{Deserialize, Deserializer};

use crate::problem::{ApiError, ApiResult, FieldErrors};

/// Checks a value's rules and adds the problems, under the names that clients use.
fn validate<T: Validate<Context = ()>>(value: &T, errors: &mut FieldErrors) {
    validate_with(value, &(), errors);
}

fn validate_with<T: Validate>(value: &T, context: &T::Context, errors: &mut FieldErrors) {
    if let Err(report) = with_i18n(wording::Wording, || value.validate_with(context)) {
        for (path, error) in report.iter() {
            let problem = error.message().to_owned();
            errors.entry(camel_case(&path.to_string())).or_default().push(problem);
        }
    }
}

/// A parsed value whose rules depend on stored data: [`check`] it once that is loaded.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Unchecked<T>(pub T);

impl<T> Validate for Unchecked<T> {
    type Context = ();

    fn validate_into(&self, (): &(), _: &mut dyn FnMut() -> garde::Path, _: &mut garde::Report) {}
}

/// Checks a value's rules, given the data that they depend on.
///
/// # Errors
/// 400 that names every bad field.
pub fn check<T: Validate>(value: &T, context: &T::Context) -> ApiResult<()> {
    let mut errors = FieldErrors::new();
    validate_with(value, context, &mut errors);
    if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid(errors)) }
}

/// Converts a Rust field name into the client's: `page_size` into `pageSize`.
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

/// Distinguishes an absent field (`None`, with `#[serde(default)]`) from a `null` (`Some(None)`).
///
/// # Errors
/// As `T`'s own.
pub fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Accepts an absent field (`None`, with `#[serde(default)]`), but no `null`.
///
/// # Errors
/// As `T`'s own, which refuses `null`.
pub fn not_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
