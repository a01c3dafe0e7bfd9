//! The checks that follow once every message was read.
//!
//! - [`applied`]: events against what was sent. [`letters`]: garbage, in the same way.
//! - [`rollups`]: rollups against raw events. [`answers`]: the same over HTTP.
//! - [`fingerprint`]: all numbers, to be compared with themselves later.

pub mod answers;
pub mod applied;
pub mod fingerprint;
pub mod letters;
pub mod rollups;

use sqlx::{PgPool, query_scalar};

use crate::drill::restartable::wait_for;

/// Waits until everything that counts by now is in the rollups, and all letters are on their topics.
///
/// # Errors
/// When that does not come.
pub async fn wait_until_settled(pool: &PgPool) -> anyhow::Result<()> {
    let left = "select exists (select from prompt_view_deltas where visible_at <= now())
                    or exists (select from activity_deltas where visible_at <= now())
                    or exists (select from dead_letters where forwarded_at is null)";
    wait_for("everything is merged, and letters are forwarded", async || {
        let left: bool = query_scalar(left).fetch_one(pool).await?;
        Ok((!left).then_some(()))
    })
    .await
}
