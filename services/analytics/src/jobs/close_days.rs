use std::time::Duration;

use chrono::{Days, NaiveDate, TimeDelta};
use service_kit::Next;
use sqlx::PgPool;
use timestamp::Timestamp;
use tokio::time::{Instant, sleep};

use crate::{
    repo::prompt_view_deltas,
    service::close_days::{self, Thresholds},
};

/// The time after midnight (UTC) at which the day is over: by then events of its last minutes are merged,
/// each of which would reopen it.
const LATE: TimeDelta = TimeDelta::hours(1);

/// The longest rest between two rounds.
const LONGEST_REST: Duration = Duration::from_secs(2);

/// Closes the days that are over. While something is to be merged, it rests as long as it worked, so that
/// merging has its turn.
pub async fn close_days(pool: PgPool) -> sqlx::Result<Next> {
    let started = Instant::now();
    let more = close_days::close_days(&pool, &Thresholds::default(), closable()).await?;
    if more && prompt_view_deltas::is_any(&pool).await? {
        sleep(started.elapsed().min(LONGEST_REST)).await;
    }
    Ok(Next::at_once_if(more))
}

/// Returns the last day (UTC) that can be closed: the day after it is over too.
fn closable() -> NaiveDate {
    let today = (Timestamp::now().0 - LATE).date_naive();
    today.checked_sub_days(Days::new(2)).unwrap_or(today)
}
