//! The feed of revoked sessions, by which gateways learn which access tokens are revoked: one answer
//! that does not end, of lines of JSON. The first lines hold the whole list, later ones its additions.

use std::time::Duration;

use ids::SessionId;
use serde::{Deserialize, Serialize};

pub const PATH: &str = "/internal/revocations";

/// The longest pause between two lines; a line may be empty.
pub const HEARTBEAT: Duration = Duration::from_millis(500);

/// The most sessions in one line; a longer list takes several.
pub const MAX_IN_LINE: usize = 10_000;

/// The most bytes of one line.
pub const MAX_LINE_BYTES: usize = 128 * MAX_IN_LINE;

/// A line of the feed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Line {
    /// Each `sid` that access tokens must not name, until a time in seconds since 1970: all such tokens
    /// have expired by then.
    pub revoked: Vec<(SessionId, i64)>,
    /// False while the next line follows at once with more of the list.
    pub complete: bool,
}
