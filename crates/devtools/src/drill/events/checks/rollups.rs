//! Rollups against a recount of the raw events, by SQL of the drill's own.

use sqlx::{AssertSqlSafe, PgPool, query_scalar};

use crate::drill::report::Report;

/// The rollups, and what they must be. Each pair has the same columns.
const RECOUNTS: [(&str, &str, &str); 7] = [
    (
        "views and viewers of prompts by day",
        "select prompt_id, day, views, viewers, sample::int from prompt_days",
        "select prompt_id, (event_time at time zone 'UTC')::date, count(*),
                count(distinct coalesce('account ' || user_id, 'visitor ' || viewer)), 0
         from prompt_activity_events where event_type = 'VIEWED' and event_time <= now()
         group by 1, 2",
    ),
    (
        "views of prompts by quarter of an hour",
        "select prompt_id, day, quarters from prompt_days",
        "select prompt_id, day, string_agg(substr(int4send(quarter), 4) || int4send(views::int), ''
                                           order by quarter)
         from (select prompt_id, (event_time at time zone 'UTC')::date as day,
                      floor(extract(epoch from (event_time at time zone 'UTC')::time) / 900)::int
                          as quarter,
                      count(*) as views
               from prompt_activity_events where event_type = 'VIEWED' and event_time <= now()
               group by 1, 2, 3) q
         group by 1, 2",
    ),
    (
        "viewers of prompts by quarter of an hour",
        "select prompt_id, day, entries from prompt_days",
        "select prompt_id, day, coalesce(string_agg(viewer || substr(int4send(quarter), 4), ''
                                                    order by viewer, quarter), '')
         from (select distinct prompt_id, (event_time at time zone 'UTC')::date as day,
                      floor(extract(epoch from (event_time at time zone 'UTC')::time) / 900)::int
                          as quarter,
                      case when user_id is not null
                           then set_bit(substr(sha256('\\x00' || uuid_send(user_id)), 1, 8), 56, 0)
                           when viewer is not null
                           then set_bit(substr(sha256('\\x01' || uuid_send(viewer)), 1, 8), 56, 1)
                      end as viewer
               from prompt_activity_events where event_type = 'VIEWED' and event_time <= now()) v
         group by 1, 2",
    ),
    (
        "events by day and quarter of an hour",
        "select event_type, (day::timestamp at time zone 'UTC') + (place - 1) * interval '15 minutes',
                events
         from activity_days, unnest(quarters) with ordinality as q (events, place) where events <> 0",
        "select event_type, date_bin('15 minutes', event_time, '1970-01-01Z'), count(*)
         from raw where event_time <= now() group by 1, 2",
    ),
    (
        "events by minute of the last days",
        "select event_type, minute, events::bigint from activity_minutes
         where minute > now() - interval '6 days'",
        "select event_type, date_trunc('minute', event_time), count(*) from raw
         where event_time <= now() and date_trunc('minute', event_time) > now() - interval '6 days'
         group by 1, 2",
    ),
    (
        "totals",
        "select event_type, events from activity_totals where events > 0",
        "select event_type, count(*) from raw where event_time <= now() group by 1",
    ),
    (
        "authors",
        "select prompt_id, user_id, created_at from prompt_authors",
        "select distinct on (prompt_id) prompt_id, user_id, event_time from prompt_activity_events
         where event_type = 'CREATED' order by prompt_id, event_time, user_id",
    ),
];

/// Scores, from days of prompts: the points of a day, halved every `period / 4` days.
const SCORES: &str = "
    with recount as (
        select prompt_id, max(day) as last_day, period,
               log(2, sum((2 * viewers + least(views, 2 * greatest(viewers, 1)))
                   * power(2::numeric, ((day - date '2020-01-01') * 4.0 / period)::numeric(20, 10))))
                   + (date '2020-01-01' - date '1970-01-01') * 4.0 / period as key
        from prompt_days, unnest(array[1, 7, 30, 90]) as period
        group by prompt_id, period
    ), scores as (
        select prompt_id, last_day, period, key from prompt_scores,
            unnest(array[1, 7, 30, 90], array[key_1, key_7, key_30, key_90]) as k (period, key)
    ), both_ as (
        select s.prompt_id is null or r.prompt_id is null or s.last_day <> r.last_day
               or abs(s.key - r.key) > 0.000001 as is_wrong,
               period,
               row_number() over (partition by period order by round(s.key::numeric, 6) desc, prompt_id)
                   <> row_number() over (partition by period order by round(r.key, 6) desc, prompt_id)
                   as is_elsewhere
        from scores s full join recount r using (prompt_id, period)
    )
    select array[count(*) filter (where is_wrong), count(*) filter (where is_elsewhere)] from both_";

/// Checks that every rollup equals a recount.
///
/// # Errors
/// When the database is away.
pub async fn check(pool: &PgPool, report: &mut Report) -> anyhow::Result<()> {
    for (name, rollup, recount) in RECOUNTS {
        let sql = format!(
            "with raw as (select event_type, event_time from user_activity_events
                          union all select event_type, event_time from prompt_activity_events),
                  rollup as ({rollup}), recount as ({recount})
             select (select count(*) from (table rollup except all table recount) a)
                  + (select count(*) from (table recount except all table rollup) b)"
        );
        let unlike: i64 = query_scalar(AssertSqlSafe(sql)).fetch_one(pool).await?;
        report.expect(format!("{name}: rows unlike a recount"), 0, unlike);
    }
    let unlike: Vec<i64> = query_scalar(SCORES).fetch_one(pool).await?;
    report.expect(
        "scores unlike a recount, and out of their order",
        "[0, 0]",
        format!("{unlike:?}"),
    );
    Ok(())
}
