use ids::{PromptId, UserId};
use pg::Timestamp;
use sqlx::{PgConnection, PgExecutor, query, query_as};

use crate::domain::{PromptActivity, TrendingPrompt};

/// Learns what creations and views tell of their prompts.
pub async fn learn(
    connection: &mut PgConnection,
    activities: &[&PromptActivity],
) -> sqlx::Result<()> {
    let prompt_ids: Vec<PromptId> = activities.iter().map(|a| a.prompt_id).collect();
    let titles: Vec<&str> = activities.iter().map(|a| a.title.as_str()).collect();
    let categories: Vec<&str> = activities.iter().map(|a| a.category.as_str()).collect();
    let times: Vec<Timestamp> = activities.iter().map(|a| a.event_time).collect();
    let creators: Vec<Option<&str>> = activities.iter().map(|a| a.creator.as_deref()).collect();
    let public: Vec<Option<bool>> = activities.iter().map(|a| a.is_public).collect();
    query!(
        "insert into prompt_facts as known (prompt_id, title, category, as_of, username, is_public)
         select prompt_id,
                (array_agg(title order by event_time desc))[1],
                (array_agg(category order by event_time desc))[1],
                max(event_time), max(username),
                (array_agg(is_public order by event_time desc) filter (where is_public is not null))[1]
         from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::bool[])
              as e (prompt_id, title, category, event_time, username, is_public)
         group by prompt_id
         order by prompt_id
         on conflict (prompt_id) do update set
             title = case when excluded.as_of > known.as_of then excluded.title
                          else known.title end,
             category = case when excluded.as_of > known.as_of then excluded.category
                             else known.category end,
             as_of = greatest(known.as_of, excluded.as_of),
             username = coalesce(known.username, excluded.username),
             is_public = case when excluded.as_of > known.as_of
                              then coalesce(excluded.is_public, known.is_public)
                              else coalesce(known.is_public, excluded.is_public) end",
        &prompt_ids as &[PromptId],
        &titles as &[&str],
        &categories as &[&str],
        &times as &[Timestamp],
        &creators as &[Option<&str>],
        &public as &[Option<bool>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Counts views, and of their viewers those who had not viewed the prompt on that day before.
pub async fn count_views(
    connection: &mut PgConnection,
    views: &[&PromptActivity],
) -> sqlx::Result<()> {
    let prompt_ids: Vec<PromptId> = views.iter().map(|a| a.prompt_id).collect();
    let times: Vec<Timestamp> = views.iter().map(|a| a.event_time).collect();
    let viewers: Vec<Option<UserId>> = views.iter().map(|a| a.user_id).collect();
    query!(
        "with views as (
             select prompt_id, (viewed_at at time zone 'UTC')::date as day, user_id
             from unnest($1::uuid[], $2::timestamptz[], $3::uuid[])
                  as v (prompt_id, viewed_at, user_id)
         ), new_viewers as (
             insert into prompt_viewers (prompt_id, day, user_id)
             select distinct prompt_id, day, user_id from views
             where user_id is not null
             order by prompt_id, day, user_id
             on conflict do nothing
             returning prompt_id, day
         )
         insert into prompt_days as known (prompt_id, day, views, unique_viewers)
         select prompt_id, day, v.views, coalesce(n.viewers, 0)
         from (select prompt_id, day, count(*) as views from views group by prompt_id, day) v
         left join (
             select prompt_id, day, count(*) as viewers from new_viewers group by prompt_id, day
         ) n using (prompt_id, day)
         order by prompt_id, day
         on conflict (prompt_id, day) do update set
             views = known.views + excluded.views,
             unique_viewers = known.unique_viewers + excluded.unique_viewers",
        &prompt_ids as &[PromptId],
        &times as &[Timestamp],
        &viewers as &[Option<UserId>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The prompts with the highest scores over today and the `days - 1` days before it (UTC).
///
/// People are counted for the few prompts that are answered only: one who comes back on another
/// day is still one, so the days' own counts cannot be added up.
pub async fn trending(
    executor: impl PgExecutor<'_>,
    days: i32,
    limit: i64,
    category: Option<&str>,
) -> sqlx::Result<Vec<TrendingPrompt>> {
    query_as!(
        TrendingPrompt,
        r#"with today as (
             select (now() at time zone 'UTC')::date as today
         ), leaders as (
             select d.prompt_id, sum(d.views)::bigint as views,
                    round(sum((d.views + 2 * d.unique_viewers)::numeric / (1 + today - d.day)), 4)
                        as score
             from today
             join prompt_days d on d.day > today - $1::integer and d.day <= today
             join prompt_facts p using (prompt_id)
             where p.is_public
               and ($3::text is null or lower(p.category) = lower($3))
             group by d.prompt_id
             order by score desc, d.prompt_id
             limit $2
         )
         select p.prompt_id, p.title, p.category, p.username,
                l.views as "views!",
                (select count(distinct v.user_id) from prompt_viewers v
                 where v.prompt_id = l.prompt_id and v.day > today - $1 and v.day <= today)
                    as "unique_viewers!",
                l.score::double precision as "score!",
                row_number() over (order by l.score desc, l.prompt_id) as "rank!"
         from today, leaders l
         join prompt_facts p using (prompt_id)
         order by l.score desc, l.prompt_id"#,
        days,
        limit,
        category,
    )
    .fetch_all(executor)
    .await
}
