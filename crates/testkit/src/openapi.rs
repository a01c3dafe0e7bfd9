//! The checked-in API descriptions, `docs/openapi/<service>.json`.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Map, Value};

use crate::TestApp;

/// Checks that a service serves the description that is checked in. With `UPDATE_OPENAPI=1` in the
/// environment, rewrites the file instead.
///
/// # Panics
/// When the two differ, with the first line that differs, and when two operations share an id.
pub async fn is_as_checked_in(app: &TestApp, service: &str) {
    let served: Value = app.anonymous().get("/api-docs/openapi.json").await.expect(200);
    ensure_unique_ids(&served);
    let served = serde_json::to_string_pretty(&served).unwrap() + "\n";
    let path = format!("{}/../../docs/openapi/{service}.json", env!("CARGO_MANIFEST_DIR"));
    let path = Path::new(&path);
    #[expect(clippy::disallowed_methods, reason = "a setting of the test, not of the app")]
    let is_update = std::env::var("UPDATE_OPENAPI").is_ok_and(|it| it == "1");
    if is_update {
        fs::write(path, served).unwrap();
        return;
    }
    let checked_in = fs::read_to_string(path).unwrap_or_default();
    if let Some(difference) = first_difference(&checked_in, &served) {
        panic!("docs/openapi/{service}.json, {difference}\nUPDATE_OPENAPI=1 rewrites the file");
    }
}

/// Checks that no two operations share an id: their handlers would share a name, and Swagger UI would
/// call the wrong one.
fn ensure_unique_ids(api: &Value) {
    let items = api["paths"].as_object().into_iter().flat_map(Map::values);
    let operations = items.filter_map(Value::as_object).flat_map(Map::values);
    let mut ids = BTreeSet::new();
    for id in operations.filter_map(|operation| operation["operationId"].as_str()) {
        assert!(ids.insert(id), "{id} is the id of two operations");
    }
}

/// Shows the first line in which two texts differ.
fn first_difference(checked_in: &str, served: &str) -> Option<String> {
    if checked_in == served {
        return None;
    }
    let (mut old, mut new) = (checked_in.lines(), served.lines());
    (1..).find_map(|number| match (old.next(), new.next()) {
        (Some(old), Some(new)) if old == new => None,
        (old, new) => Some(format!(
            "line {number}:\n  checked in: {}\n  served:     {}",
            old.unwrap_or("(end)"),
            new.unwrap_or("(end)")
        )),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    #[should_panic(expected = "search is the id of two operations")]
    fn two_operations_of_one_id_are_refused() {
        let search = json!({"operationId": "search"});
        ensure_unique_ids(&json!({"paths": {"/a": {"get": search}, "/b": {"get": search}}}));
    }

    #[test]
    fn the_first_line_that_differs_is_shown() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        let seen = first_difference("a\nb\n", "a\nc\n").unwrap();
        assert!(seen.contains("line 2:\n  checked in: b\n  served:     c"), "{seen}");
        assert!(first_difference("a\n", "a\nb\n").unwrap().contains("(end)"));
    }
}
