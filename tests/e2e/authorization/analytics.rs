//! The routes of the analytics service.

use super::{Row, row};

/// The statuses are those for an anonymous caller, a stranger, the owner, and an administrator.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("GET /analytics/stats", "/analytics/stats", "", [200, 200, 200, 200]),
    row("GET /analytics/live", "/analytics/live", "", [200, 200, 200, 200]),
    row("GET /analytics/trending", "/analytics/trending", "", [200, 200, 200, 200]),
    row("GET /analytics/timeseries", "/analytics/timeseries?metric=views&interval=day", "", [200, 200, 200, 200]),

    // Those who may open a prompt see its views.
    row("GET /analytics/prompts/{promptId}", "/analytics/prompts/$public", "", [200, 200, 200, 200]),
    row("GET /analytics/prompts/{promptId}", "/analytics/prompts/$hidden", "", [404, 404, 200, 200]),
    row("GET /analytics/users/{userId}", "/analytics/users/$owner", "", [401, 403, 200, 200]),

    row("GET /analytics/pipeline", "/analytics/pipeline", "", [401, 403, 403, 200]),
    row("GET /analytics/dead-letters", "/analytics/dead-letters", "", [401, 403, 403, 200]),
    row("GET /analytics/dead-letters/{id}", "/analytics/dead-letters/$letter", "", [401, 403, 403, 200]),
    row("POST /analytics/dead-letters/{id}/replay", "/analytics/dead-letters/$letter/replay", "", [401, 403, 403, 200]),
];
