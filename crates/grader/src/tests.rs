mod fill;
mod grade;
mod parse;

use serde_json::Value;

use crate::Assertion;

fn assertion(written: &Value) -> Assertion {
    serde_json::from_value(written.clone()).unwrap()
}
