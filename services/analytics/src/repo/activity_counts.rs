use sqlx::{PgConnection, PgExecutor, query, query_as};
use timestamp::Timestamp;

use crate::domain::{Activity, Stats};

/// Adds events to the counts by minute, by hour and ever.
pub async fn add(connection: &mut PgConnection, activities: &[&Activity]) -> sqlx::Result<()> {
    let types: Vec<&str> = activities.iter().map(|a| a.event_type()).collect();
    let times: Vec<Timestamp> = activities.iter().map(|a| a.event_time()).collect();
    query!(
        "insert into activity_minutes as known (minute, event_type, events)
         select date_trunc('minute', event_time, 'UTC'), event_type, count(*)
         from unnest($1::text[], $2::timestamptz[]) as e (event_type, event_time)
         group by 1, 2
         order by 1, 2
         on conflict (minute, event_type) do update set events = known.events + excluded.events",
        &types as &[&str],
        &times as &[Timestamp],
    )
    .execute(&mut *connection)
    .await?;
    query!(
        "insert into activity_hours as known (hour, event_type, events)
         select date_trunc('hour', event_time, 'UTC'), event_type, count(*)
         from unnest($1::text[], $2::timestamptz[]) as e (event_type, event_time)
         group by 1, 2
         order by 1, 2
         on conflict (hour, event_type) do update set events = known.events + excluded.events",
        &types as &[&str],
        &times as &[Timestamp],
    )
    .execute(&mut *connection)
    .await?;
    // Last, since every consumer needs these rows.
    query!(
        "insert into activity_totals as known (event_type, events)
         select event_type, count(*) from unnest($1::text[]) as e (event_type)
         group by event_type
         order by event_type
         on conflict (event_type) do update set
             events = known.events + excluded.events,
             updated_at = greatest(known.updated_at, excluded.updated_at)",
        &types as &[&str],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Returns the totals and the rolling windows, each window made of the whole hours within it and the
/// minutes of the two hours that its ends cut: some 300 rows at most for a type, whatever its
/// traffic.
pub async fn stats(executor: impl PgExecutor<'_>) -> sqlx::Result<Stats> {
    query_as!(
        Stats,
        r#"with opening as (
             select hours, date_trunc('minute', now() - make_interval(hours => hours), 'UTC') as opens
             from unnest(array[24, 168]) as hours
         ), rolling as (
             select hours, opens,
                    date_trunc('hour', opens + interval '59 minutes', 'UTC') as first_hour,
                    date_trunc('hour', now(), 'UTC') as this_hour
             from opening
         ), counted as (
             select hours, event_type, events
             from rolling join activity_minutes on minute >= opens and minute < first_hour
             union all
             select hours, event_type, events
             from rolling join activity_hours on hour >= first_hour and hour < this_hour
             union all
             select hours, event_type, events
             from rolling join activity_minutes on minute >= this_hour and minute <= now()
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
                    max(updated_at) as updated_at
             from activity_totals
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

/// Deletes minutes that no window reaches any more; the longest is seven days.
pub async fn delete_old_minutes(executor: impl PgExecutor<'_>) -> sqlx::Result<()> {
    query!("delete from activity_minutes where minute < now() - interval '8 days'")
        .execute(executor)
        .await?;
    Ok(())
}
