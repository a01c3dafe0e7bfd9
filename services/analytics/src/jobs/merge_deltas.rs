//! Merging, beside the events that are being applied.

use std::time::Duration;

use service_kit::Next;
use sqlx::PgPool;
use tokio::time::{Instant, sleep};

use crate::{repo::applied_seconds, service::merge_deltas};

/// The rate of applied events that only a backlog has.
const BACKLOG: f64 = 20_000.0;

/// How many times as long as it worked the job rests at that rate while there is more to do: applying events
/// comes first then, and readers add what is not merged themselves.
const REST: f64 = 4.0;

const LONGEST_REST: Duration = Duration::from_secs(20);

/// The full seconds of which the rate is the mean.
const RATE_SECONDS: i32 = 2;

/// Merges deltas into rollups.
pub async fn merge_deltas(pool: PgPool) -> sqlx::Result<Next> {
    let started = Instant::now();
    let more = merge_deltas::merge_deltas(&pool).await?;
    if more {
        let rate = applied_seconds::rate(&pool, RATE_SECONDS).await?;
        sleep(rest(started.elapsed(), rate.events_per_second)).await;
    }
    Ok(Next::at_once_if(more))
}

/// Returns how long to rest: not at all when no events are applied.
fn rest(worked: Duration, events_per_second: f64) -> Duration {
    let share = (events_per_second / BACKLOG).clamp(0.0, 1.0);
    worked.mul_f64(REST * share).min(LONGEST_REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_job_rests_while_a_backlog_is_applied_and_goes_on_when_nothing_is() {
        let worked = Duration::from_secs(2);
        assert_eq!(rest(worked, 0.0), Duration::ZERO);
        assert_eq!(rest(worked, 5_000.0), Duration::from_secs(2));
        assert_eq!(rest(worked, 20_000.0), Duration::from_secs(8));
        assert_eq!(rest(worked, 90_000.0), Duration::from_secs(8));
        assert_eq!(rest(worked * 60, 90_000.0), LONGEST_REST);
    }
}
