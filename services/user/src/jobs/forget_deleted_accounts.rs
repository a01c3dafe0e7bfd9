//! Tells the other services of deleted accounts. A row stays until all of them know, so that they
//! learn of it whatever dies or is away.

use std::time::Duration;

use auth::token::LAST_EXPIRY;
use ids::UserId;
use internal_api::CallError;
use service_kit::Next;

use crate::{
    clients::FORGET_DEADLINE,
    repo::account_deletions::{self, ClaimedDeletion},
    state::AppState,
};

/// The lease of a claimed row: longer than both calls may take.
const LEASE: Duration = Duration::from_secs(3 * FORGET_DEADLINE.as_secs());

/// The first delay after a failure, and the longest that doubling leads to.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5 * 60));

/// Claims a deleted account that is due, if there is one, and tells the other services of it.
pub async fn forget_deleted_accounts(state: AppState) -> sqlx::Result<Next> {
    let Some(deletion) = account_deletions::claim(&state.pool, LEASE).await? else {
        return Ok(Next::AfterPeriod);
    };
    tell(&state, &deletion).await?;
    Ok(Next::AtOnce)
}

async fn tell(state: &AppState, deletion: &ClaimedDeletion) -> sqlx::Result<()> {
    match forget(state, deletion.user_id).await {
        // A gateway that missed the revocation lets the last access token write until it expires: the
        // other services are told once more after that.
        Ok(()) => account_deletions::complete(&state.pool, deletion.user_id, LAST_EXPIRY).await,
        Err(error) => {
            let delay = backoff(deletion.attempts);
            tracing::warn!(
                user = %deletion.user_id,
                "not everyone was told of a deleted account, next in {delay:?}: {error}"
            );
            account_deletions::postpone(&state.pool, deletion.user_id, delay).await
        }
    }
}

/// Makes the other services delete, or make anonymous, all that a user left. May be repeated.
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
