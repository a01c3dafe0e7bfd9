//! How the user service tells gateways which access tokens are revoked: one answer that does not end,
//! of lines of JSON. The first lines hold the whole list, later ones what comes to it.

use std::time::Duration;

use ids::SessionId;
use serde::{Deserialize, Serialize};

pub const PATH: &str = "/internal/revocations";

/// A line comes at least this often, an empty one if there is nothing to tell.
pub const HEARTBEAT: Duration = Duration::from_millis(500);

/// A longer list comes in several lines.
pub const MAX_IN_LINE: usize = 10_000;

/// More bytes than a line has.
pub const MAX_LINE_BYTES: usize = 128 * MAX_IN_LINE;

#[derive(Debug, Serialize, Deserialize)]
pub struct Line {
    /// Each `sid` that access tokens must not name, until a time in seconds since 1970: all such tokens
    /// have expired by then.
    pub revoked: Vec<(SessionId, i64)>,
    /// False while more of the list is to come at once.
    pub complete: bool,
}
