//! The routes of the test service.

use super::{Row, row};

const CONTENT: &str =
    r#"{"promptContent": "Say hello.", "modelProvider": "MOCK", "modelName": "mock"}"#;
const PUBLIC: &str = r#"{"promptId": "$public", "variables": {"text": "this"}, "modelProvider": "MOCK", "modelName": "mock"}"#;
const HIDDEN: &str = r#"{"promptId": "$hidden", "variables": {"text": "this"}, "modelProvider": "MOCK", "modelName": "mock"}"#;
const PREMIUM: &str = r#"{"promptId": "$premium", "variables": {"text": "this"}, "modelProvider": "MOCK", "modelName": "mock"}"#;
const TARGETS: &str = r#"{"name": "Both", "promptContent": "Say hello.", "targets": [{"modelProvider": "MOCK", "modelName": "mock"}, {"modelProvider": "MOCK", "modelName": "mock"}]}"#;
const TARGETS_OF_HIDDEN: &str = r#"{"name": "Both", "promptId": "$hidden", "variables": {"text": "this"}, "targets": [{"modelProvider": "MOCK", "modelName": "mock"}, {"modelProvider": "MOCK", "modelName": "mock", "version": 1}]}"#;
const TARGETS_OF_PREMIUM: &str = r#"{"name": "Both", "promptId": "$premium", "variables": {"text": "this"}, "targets": [{"modelProvider": "MOCK", "modelName": "mock"}, {"modelProvider": "MOCK", "modelName": "mock", "version": 1}]}"#;
const ROWS_OF_NAMES: &str = r#"{"name": "Names", "rows": [{"variables": {"name": "Ada"}}]}"#;
const RUN: &str = r#"{"promptContent": "Greet {{name}}.", "targets": [{"modelProvider": "MOCK", "modelName": "mock"}]}"#;

/// The statuses are those for an anonymous caller, a stranger, the owner, and an administrator.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("GET /api/tests/providers", "/api/tests/providers", "", [200, 200, 200, 200]),

    row("POST /api/tests", "/api/tests", CONTENT, [401, 201, 201, 201]),
    row("POST /api/tests", "/api/tests", PUBLIC, [401, 201, 201, 201]),
    row("POST /api/tests", "/api/tests", HIDDEN, [401, 404, 201, 201]),
    row("POST /api/tests", "/api/tests", PREMIUM, [401, 403, 201, 201]),
    row("GET /api/tests/{id}", "/api/tests/$test", "", [401, 404, 200, 200]),
    row("GET /api/tests/{id}/stream", "/api/tests/$test/stream", "", [401, 404, 200, 200]),
    // An admin sees tests, and does not change them.
    row("POST /api/tests/{id}/cancel", "/api/tests/$waiting/cancel", "", [401, 404, 200, 403]),
    // Users see their own tests, an admin everyone's.
    row("GET /api/tests/prompt/{promptId}", "/api/tests/prompt/$public", "", [401, 200, 200, 200]),
    row("GET /api/tests/user/{userId}", "/api/tests/user/$owner", "", [401, 403, 200, 200]),
    row("GET /api/tests/statistics", "/api/tests/statistics?promptId=$hidden", "", [401, 200, 200, 200]),

    // The following are the owner's alone: an admin gets a 404 too.
    row("POST /api/tests/comparisons", "/api/tests/comparisons", TARGETS, [401, 201, 201, 201]),
    row("POST /api/tests/comparisons", "/api/tests/comparisons", TARGETS_OF_HIDDEN, [401, 404, 201, 201]),
    row("POST /api/tests/comparisons", "/api/tests/comparisons", TARGETS_OF_PREMIUM, [401, 403, 201, 201]),
    row("GET /api/tests/comparisons", "/api/tests/comparisons", "", [401, 200, 200, 200]),
    row("GET /api/tests/comparisons/{id}", "/api/tests/comparisons/$comparison", "", [401, 404, 200, 404]),
    row("GET /api/tests/comparisons/{id}/stream", "/api/tests/comparisons/$comparison/stream", "", [401, 404, 200, 404]),
    row("POST /api/tests/comparisons/{id}/repeat", "/api/tests/comparisons/$comparison/repeat", "", [401, 404, 201, 404]),

    row("POST /api/tests/datasets", "/api/tests/datasets", ROWS_OF_NAMES, [401, 201, 201, 201]),
    row("GET /api/tests/datasets", "/api/tests/datasets", "", [401, 200, 200, 200]),
    row("GET /api/tests/datasets/{id}", "/api/tests/datasets/$dataset", "", [401, 404, 200, 404]),
    row("DELETE /api/tests/datasets/{id}", "/api/tests/datasets/$dataset", "", [401, 404, 204, 404]),
    row("POST /api/tests/datasets/{id}/runs", "/api/tests/datasets/$dataset/runs", RUN, [401, 404, 201, 404]),
    row("GET /api/tests/datasets/{id}/runs", "/api/tests/datasets/$dataset/runs", "", [401, 404, 200, 404]),
    row("GET /api/tests/runs", "/api/tests/runs", "", [401, 200, 200, 200]),
    row("GET /api/tests/runs/{id}", "/api/tests/runs/$run", "", [401, 404, 200, 404]),
    row("GET /api/tests/runs/{id}/stream", "/api/tests/runs/$run/stream", "", [401, 404, 200, 404]),
    row("GET /api/tests/runs/{id}/results", "/api/tests/runs/$run/results", "", [401, 404, 200, 404]),
    row("GET /api/tests/runs/{id}/compare", "/api/tests/runs/$run/compare?to=$run", "", [401, 404, 422, 404]),
    row("POST /api/tests/runs/{id}/cancel", "/api/tests/runs/$run/cancel", "", [401, 404, 200, 404]),
];
