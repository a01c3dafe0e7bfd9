use read_cache::Copies;
use tokio_util::sync::CancellationToken;

use crate::state::{AppState, AppStateInner};

const CHANNEL: &str = "listings_changed";

/// What this instance has of listings.
struct Followers<'a>(&'a AppStateInner);

impl Copies for Followers<'_> {
    fn drop_changed(&self, payload: &str) {
        self.0.answer_cache.drop_changed(payload);
        self.0.search_index.drop_changed(payload);
    }

    fn drop_all(&self) {
        self.0.answer_cache.drop_all();
        self.0.search_index.drop_all();
    }
}

/// Drops from the cache what any instance has changed, and has it indexed for search, until the process
/// stops or the connection is lost.
pub async fn follow_changes(state: AppState, stop: CancellationToken) -> anyhow::Result<()> {
    read_cache::follow_changes(&state.pool, CHANNEL, &Followers(&state), stop).await
}
