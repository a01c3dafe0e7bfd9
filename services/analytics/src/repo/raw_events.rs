//! Reading raw events again, for a rebuild.

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::stream::BoxStream;
use ids::{PromptId, UserId};
use sqlx::{PgConnection, query, query_as, query_scalar};
use timestamp::Timestamp;

use crate::domain::AnonymousViewer;

/// A view, as its event said.
pub struct RawView {
    pub prompt_id: PromptId,
    pub user_id: Option<UserId>,
    pub viewer: Option<AnonymousViewer>,
    pub event_time: Timestamp,
}

/// Brings the indexes of time up to date, so that a day is found without reading its whole month.
pub async fn summarize(connection: &mut PgConnection) -> sqlx::Result<()> {
    query!(
        "select brin_summarize_new_values(inhrelid) from pg_inherits
         where inhparent in ('user_activity_events_event_time_idx'::regclass,
                             'prompt_activity_events_event_time_idx'::regclass)"
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// Returns the months (first days, UTC) that have raw events.
pub async fn months(connection: &mut PgConnection) -> sqlx::Result<Vec<NaiveDate>> {
    query_scalar!(
        r#"select month as "month!" from (
               select months_of('user_activity_events') as month
               union select months_of('prompt_activity_events')
               union select date_trunc('month', event_time at time zone 'UTC')::date
                     from user_activity_events_default
               union select date_trunc('month', event_time at time zone 'UTC')::date
                     from prompt_activity_events_default
           ) m order by month"#
    )
    .fetch_all(connection)
    .await
}

/// Reads the views of a period.
pub fn views(
    connection: &mut PgConnection,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> BoxStream<'_, sqlx::Result<RawView>> {
    query_as!(
        RawView,
        r#"select prompt_id, user_id as "user_id: UserId", viewer as "viewer: AnonymousViewer",
                  event_time
           from prompt_activity_events
           where event_type = 'VIEWED' and event_time >= $1 and event_time < $2"#,
        Timestamp(from) as Timestamp,
        Timestamp(to) as Timestamp,
    )
    .fetch(connection)
}

/// Counts a period of one day (UTC) into `activity_days`.
pub async fn count_day(
    connection: &mut PgConnection,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> sqlx::Result<()> {
    query!(
        "with counts as (
             select event_type, floor(extract(epoch from event_time - $1) / 900)::integer as quarter,
                    count(*) as events
             from (select event_type, event_time from user_activity_events
                   where event_time >= $1 and event_time < $2
                   union all select event_type, event_time from prompt_activity_events
                   where event_time >= $1 and event_time < $2) e
             group by 1, 2
         )
         insert into activity_days (event_type, day, quarters)
         select event_type, ($1 at time zone 'UTC')::date,
                array_agg(coalesce(events, 0) order by quarter)
         from (select distinct event_type from counts) t
         cross join generate_series(0, 95) as quarter
         left join counts using (event_type, quarter)
         group by event_type",
        Timestamp(from) as Timestamp,
        Timestamp(to) as Timestamp,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Counts the minutes that windows need, what lies ahead of `now`, and the totals.
pub async fn count_rest(connection: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    query!(
        "insert into activity_minutes (minute, event_type, events)
         select date_trunc('minute', event_time, 'UTC'), event_type, count(*)
         from (select event_type, event_time from user_activity_events
               union all select event_type, event_time from prompt_activity_events) e
         where event_time > $1::timestamptz - interval '8 days' and event_time <= $1
         group by 1, 2",
        now as Timestamp,
    )
    .execute(&mut *connection)
    .await?;
    query!(
        "insert into activity_deltas (event_type, minute, visible_at, events)
         select event_type, date_trunc('minute', event_time, 'UTC'), event_time, count(*)
         from (select event_type, event_time from user_activity_events
               union all select event_type, event_time from prompt_activity_events) e
         where event_time > $1
         group by event_type, event_time",
        now as Timestamp,
    )
    .execute(&mut *connection)
    .await?;
    query!(
        "update activity_totals t set events = (
             select coalesce(sum(q.events), 0)
             from activity_days d, unnest(d.quarters) as q (events)
             where d.event_type = t.event_type
         )"
    )
    .execute(&mut *connection)
    .await?;
    query!(
        "insert into prompt_authors as known (prompt_id, user_id, created_at)
         select distinct on (prompt_id) prompt_id, user_id, event_time
         from prompt_activity_events
         where event_type = 'CREATED' and user_id is not null
         order by prompt_id, event_time, user_id
         on conflict (prompt_id) do update
             set user_id = excluded.user_id, created_at = excluded.created_at
             where (excluded.created_at, excluded.user_id) < (known.created_at, known.user_id)"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes what a rebuild writes again: everything from `first` on, and what is not merged.
pub async fn delete_counts(
    connection: &mut PgConnection,
    first: Option<NaiveDate>,
) -> sqlx::Result<()> {
    query!("delete from prompt_days where day >= $1 or $1 is null", first)
        .execute(&mut *connection)
        .await?;
    query!("delete from activity_days where day >= $1 or $1 is null", first)
        .execute(&mut *connection)
        .await?;
    query!("delete from activity_minutes").execute(&mut *connection).await?;
    query!("delete from activity_deltas").execute(&mut *connection).await?;
    query!("delete from prompt_view_deltas").execute(connection).await?;
    Ok(())
}
