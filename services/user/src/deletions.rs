//! Telling the other services of accounts that are gone: a row until all of them know, so that they
//! do, whatever dies or is away.

use std::time::Duration;

use auth::token::LAST_EXPIRY;
use ids::UserId;
use internal_api::CallError;
use tokio::time::{sleep, timeout};

use crate::{
    clients::FORGET_DEADLINE,
    repo::deletions::{self, Due},
    state::AppState,
};

/// The lease of a claimed row: longer than both calls may take.
const LEASE: Duration = Duration::from_secs(3 * FORGET_DEADLINE.as_secs());

/// How often the table is looked at without being told to.
const POLL: Duration = Duration::from_secs(2);

/// Waits after failures: the first, and the longest that doubling leads to.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5 * 60));

/// Runs until the task is dropped.
pub async fn run(state: &AppState) {
    loop {
        match deletions::claim(&state.pool, LEASE).await {
            Ok(Some(due)) => {
                if let Err(error) = tell(state, &due).await {
                    tracing::warn!(user = %due.user_id, "a deleted account stays due: {error}");
                }
            }
            Ok(None) => {
                let _ = timeout(POLL, state.deletions.notified()).await;
            }
            Err(error) => {
                tracing::warn!("deleted accounts cannot be looked up: {error}");
                sleep(POLL).await;
            }
        }
    }
}

async fn tell(state: &AppState, due: &Due) -> sqlx::Result<()> {
    match forget(state, due.user_id).await {
        // A gateway that the revocation did not reach, for once, lets the last access token write until
        // it expires: all is forgotten once more after that.
        Ok(()) => deletions::told(&state.pool, due.user_id, LAST_EXPIRY).await,
        Err(error) => {
            let wait = backoff(due.attempts);
            tracing::warn!(
                user = %due.user_id,
                "not everyone was told of a deleted account, next in {wait:?}: {error}"
            );
            deletions::postpone(&state.pool, due.user_id, wait).await
        }
    }
}

/// Has all that someone left removed, or made anonymous. Repeatable.
async fn forget(state: &AppState, user: UserId) -> Result<(), CallError> {
    state.prompt_service.forget_user(user).await?;
    state.marketplace.forget_user(user).await
}

fn backoff(attempts: i32) -> Duration {
    let doublings = attempts.clamp(1, 20) as u32 - 1;
    (BACKOFF.0 * 2u32.pow(doublings)).min(BACKOFF.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes() {
        assert_eq!([1, 2, 5, 10, i32::MAX].map(|n| backoff(n).as_secs()), [1, 2, 16, 300, 300]);
    }
}
