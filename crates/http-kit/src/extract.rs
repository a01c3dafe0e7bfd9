//! Extractors whose rejections are problems that name every bad field at once.

mod body;
mod params;

pub use body::Json;
pub use params::{Path, Query};

use garde::Validate;

use crate::problem::FieldErrors;

/// Adds what a type's own rules say, under the names the client used.
fn validate<T: Validate<Context = ()>>(value: &T, errors: &mut FieldErrors) {
    if let Err(report) = value.validate() {
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
