use sqlx::{PgConnection, query};
use timestamp::Timestamp;

use crate::domain::Activity;

/// Adds events to the counts by minute; what lies ahead of `now` counts once its time has come.
pub async fn insert(
    connection: &mut PgConnection,
    activities: &[&Activity],
    now: Timestamp,
) -> sqlx::Result<()> {
    let types: Vec<&str> = activities.iter().map(|a| a.event_type()).collect();
    let times: Vec<Timestamp> = activities.iter().map(|a| a.event_time()).collect();
    query!(
        "insert into activity_deltas (event_type, minute, visible_at, events)
         select event_type, date_trunc('minute', event_time, 'UTC'),
                case when event_time > $3 then event_time else '-infinity' end, count(*)
         from unnest($1::text[], $2::timestamptz[]) as e (event_type, event_time)
         group by 1, 2, 3",
        &types as &[&str],
        &times as &[Timestamp],
        now as Timestamp,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Merges what counts by now into minutes, days and totals.
pub async fn merge(connection: &mut PgConnection) -> sqlx::Result<()> {
    query!(
        "with taken as (
             delete from activity_deltas where visible_at <= now()
             returning event_type, minute, events, applied_at
         ), minutes as (
             insert into activity_minutes as known (minute, event_type, events)
             select minute, event_type, sum(events) from taken
             where minute > now() - interval '8 days'
             group by minute, event_type
             on conflict (minute, event_type) do update set events = known.events + excluded.events
         ), quarters as (
             select event_type, (minute at time zone 'UTC')::date as day,
                    extract(hour from minute at time zone 'UTC')::integer * 4
                        + extract(minute from minute at time zone 'UTC')::integer / 15 as quarter,
                    sum(events)::bigint as events
             from taken group by 1, 2, 3
         ), days as (
             insert into activity_days as known (event_type, day, quarters)
             select event_type, day, array_agg(coalesce(events, 0) order by quarter)
             from (select distinct event_type, day from quarters) d
             cross join generate_series(0, 95) as quarter
             left join quarters using (event_type, day, quarter)
             group by event_type, day
             on conflict (event_type, day) do update set quarters = (
                 select array_agg(a + b order by place)
                 from unnest(known.quarters, excluded.quarters) with ordinality as q (a, b, place)
             )
         )
         update activity_totals known
         set events = known.events + t.events, updated_at = greatest(known.updated_at, t.applied_at)
         from (select event_type, sum(events) as events, max(applied_at) as applied_at
               from taken group by event_type) t
         where t.event_type = known.event_type",
    )
    .execute(connection)
    .await?;
    Ok(())
}
