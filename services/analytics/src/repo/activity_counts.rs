use chrono::NaiveDate;
use sqlx::{PgExecutor, query, query_as};

use crate::domain::Stats;

/// Returns the totals and the rolling windows: each window is made of the whole quarters of an hour within
/// it, the minutes of the two quarters that its ends cut, and what is not merged yet. The cost does not grow
/// with the traffic.
pub async fn stats(executor: impl PgExecutor<'_>) -> sqlx::Result<Stats> {
    query_as!(
        Stats,
        // Bounds are subqueries, so that minutes are found in their index: joined with a table of the windows,
        // all of them would be read.
        r#"with opening as (
             select hours, date_trunc('minute', now() - make_interval(hours => hours), 'UTC') as opens
             from unnest(array[24, 168]) as hours
         ), rolling as materialized (
             select hours, opens,
                    date_bin('15 minutes', opens + interval '14 minutes', '1970-01-01Z') as first_quarter,
                    date_bin('15 minutes', now(), '1970-01-01Z') as this_quarter
             from opening
         ), pending as (
             select event_type, minute, events, applied_at from activity_deltas
             where visible_at <= now()
         ), counted as (
             select 24 as hours, event_type, events from activity_minutes
             where minute >= (select opens from rolling where hours = 24)
               and minute < (select first_quarter from rolling where hours = 24)
             union all
             select 168, event_type, events from activity_minutes
             where minute >= (select opens from rolling where hours = 168)
               and minute < (select first_quarter from rolling where hours = 168)
             union all
             select hours, event_type, events from unnest(array[24, 168]) as hours, activity_minutes
             where minute >= (select this_quarter from rolling where hours = 24) and minute <= now()
             union all
             select hours, event_type,
                    -- Slices end where the day ends.
                    (select sum(events)
                     from unnest(quarters[(extract(epoch from first_quarter - midnight) / 900)::integer + 1
                                          : (extract(epoch from this_quarter - midnight) / 900)::integer])
                          as events)
             from (select event_type, quarters, day::timestamp at time zone 'UTC' as midnight
                   from activity_days where day >= (now() at time zone 'UTC')::date - 7) d, rolling
             union all
             select hours, event_type, events
             from rolling join pending on minute >= opens
         ), recent as (
             select coalesce(sum(events) filter (where event_type = 'REGISTERED' and hours = 24), 0)
                        as users_24h,
                    coalesce(sum(events) filter (where event_type = 'CREATED' and hours = 24), 0)
                        as created_24h,
                    coalesce(sum(events) filter (where event_type = 'VIEWED' and hours = 24), 0)
                        as viewed_24h,
                    coalesce(sum(events) filter (where event_type = 'REGISTERED' and hours = 168), 0)
                        as users_7d,
                    coalesce(sum(events) filter (where event_type = 'CREATED' and hours = 168), 0)
                        as created_7d,
                    coalesce(sum(events) filter (where event_type = 'VIEWED' and hours = 168), 0)
                        as viewed_7d
             from counted
         ), ever as (
             select sum(events) filter (where event_type = 'REGISTERED') as users,
                    sum(events) filter (where event_type in ('CREATED', 'VIEWED')) as prompts,
                    max(at) as updated_at
             from (select event_type, events, updated_at as at from activity_totals
                   union all select event_type, events, applied_at from pending) t
         )
         select users::bigint as "total_user_events!",
                prompts::bigint as "total_prompt_events!",
                users_24h::bigint as "new_users_last_24h!",
                created_24h::bigint as "prompts_created_last_24h!",
                viewed_24h::bigint as "prompt_views_last_24h!",
                users_7d::bigint as "new_users_last_7d!",
                created_7d::bigint as "prompts_created_last_7d!",
                viewed_7d::bigint as "prompt_views_last_7d!",
                updated_at as "updated_at!"
         from ever, recent"#,
    )
    .fetch_one(executor)
    .await
}

/// The events of one type on a day (UTC).
pub struct ActivityDay {
    pub day: NaiveDate,
    /// By quarter of an hour: 96, from midnight on.
    pub quarters: Vec<i64>,
}

/// Returns the events of one type from day `first` to day `last` (UTC), both included, by quarter of an hour.
/// Days without events are left out; events that are dated ahead of now do not count.
pub async fn series(
    executor: impl PgExecutor<'_>,
    event_type: &str,
    first: NaiveDate,
    last: NaiveDate,
) -> sqlx::Result<Vec<ActivityDay>> {
    query_as!(
        ActivityDay,
        r#"with pending as (
             select (minute at time zone 'UTC')::date as day,
                    extract(hour from minute at time zone 'UTC')::integer * 4
                        + extract(minute from minute at time zone 'UTC')::integer / 15 as quarter,
                    sum(events)::bigint as events
             from activity_deltas
             where event_type = $1 and visible_at <= now()
             group by 1, 2
         ), pending_days as (
             select day, array_agg(coalesce(events, 0) order by quarter) as quarters
             from (select distinct day from pending) d
             cross join generate_series(0, 95) as quarter
             left join pending using (day, quarter)
             where day between $2 and $3
             group by day
         )
         select day as "day!",
                case when p.day is null then d.quarters
                     when d.day is null then p.quarters
                     else (select array_agg(a + b order by place)
                           from unnest(d.quarters, p.quarters) with ordinality as q (a, b, place))
                end as "quarters!"
         from (select day, quarters from activity_days
               where event_type = $1 and day between $2 and $3) d
         full join pending_days p using (day)
         order by day"#,
        event_type,
        first,
        last,
    )
    .fetch_all(executor)
    .await
}

/// Deletes minutes that no window reaches any more; the longest is seven days.
pub async fn delete_old_minutes(executor: impl PgExecutor<'_>) -> sqlx::Result<()> {
    query!("delete from activity_minutes where minute < now() - interval '8 days'")
        .execute(executor)
        .await?;
    Ok(())
}
