use ids::{PromptId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_as};
use timestamp::Timestamp;

use crate::domain::{PromptActivity, PromptEvent, RankedPrompt};

/// Returns the key of an anonymous viewer: an account counts as itself, whatever else an event says.
fn viewer_key(activity: &PromptActivity) -> Option<&str> {
    match &activity.event {
        PromptEvent::Viewed { viewer_key } if activity.user_id.is_none() => viewer_key.as_deref(),
        _ => None,
    }
}

/// Counts views, and of their viewers those who had not viewed the prompt on that day before.
pub async fn count(connection: &mut PgConnection, views: &[&PromptActivity]) -> sqlx::Result<()> {
    let prompt_ids: Vec<PromptId> = views.iter().map(|a| a.prompt_id).collect();
    let times: Vec<Timestamp> = views.iter().map(|a| a.event_time).collect();
    let viewers: Vec<Option<UserId>> = views.iter().map(|a| a.user_id).collect();
    let keys: Vec<Option<&str>> = views.iter().map(|a| viewer_key(a)).collect();
    query!(
        "with views as (
             select prompt_id, (viewed_at at time zone 'UTC')::date as day, user_id,
                    encode(substring(sha256(convert_to(viewer_key, 'UTF8')) for 16), 'hex')::uuid
                        as viewer
             from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::text[])
                  as v (prompt_id, viewed_at, user_id, viewer_key)
         ), new_accounts as (
             insert into prompt_viewers (prompt_id, day, user_id)
             select distinct prompt_id, day, user_id from views
             where user_id is not null
             order by prompt_id, day, user_id
             on conflict do nothing
             returning prompt_id, day
         ), new_anonymous as (
             insert into prompt_anonymous_viewers (prompt_id, day, viewer)
             select distinct prompt_id, day, viewer from views
             where viewer is not null
             order by prompt_id, day, viewer
             on conflict do nothing
             returning prompt_id, day
         ), new_viewers as (
             select prompt_id, day, count(*) as viewers
             from (select * from new_accounts union all select * from new_anonymous) v
             group by prompt_id, day
         )
         insert into prompt_days as known (prompt_id, day, views, unique_viewers)
         select prompt_id, day, v.views, coalesce(n.viewers, 0)
         from (select prompt_id, day, count(*) as views from views group by prompt_id, day) v
         left join new_viewers n using (prompt_id, day)
         order by prompt_id, day
         on conflict (prompt_id, day) do update set
             views = known.views + excluded.views,
             unique_viewers = known.unique_viewers + excluded.unique_viewers",
        &prompt_ids as &[PromptId],
        &times as &[Timestamp],
        &viewers as &[Option<UserId>],
        &keys as &[Option<&str>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Returns the prompts with the highest scores over today and the `days - 1` days before it (UTC), visible
/// or not.
pub async fn ranking(
    executor: impl PgExecutor<'_>,
    days: i32,
    limit: i64,
) -> sqlx::Result<Vec<RankedPrompt>> {
    query_as!(
        RankedPrompt,
        r#"select prompt_id as "prompt_id!: PromptId", views as "views!", score::double precision as "score!"
           from (
               select d.prompt_id, sum(d.views)::bigint as views,
                      round(sum((d.views + 2 * d.unique_viewers)::numeric / (1 + today - d.day)), 4)
                          as score
               from (select (now() at time zone 'UTC')::date as today) t
               join prompt_days d on d.day > today - $1::integer and d.day <= today
               group by d.prompt_id
           ) scored
           order by score desc, prompt_id
           limit $2"#,
        days,
        limit,
    )
    .fetch_all(executor)
    .await
}

/// Returns the number of different viewers that these prompts had in the period, in their order.
///
/// Only for prompts that are shown: an account that comes back on another day is still one, so the
/// days' own counts cannot be added up.
pub async fn unique_viewers(
    executor: impl PgExecutor<'_>,
    days: i32,
    prompts: &[PromptId],
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"select (select count(distinct v.user_id) from prompt_viewers v
                   where v.prompt_id = p.id and v.day > today - $1::integer and v.day <= today)
                + (select count(*) from prompt_anonymous_viewers v
                   where v.prompt_id = p.id and v.day > today - $1::integer and v.day <= today)
                    as "viewers!"
           from (select (now() at time zone 'UTC')::date as today) t,
                unnest($2::uuid[]) with ordinality as p (id, place)
           order by p.place"#,
        days,
        prompts as &[PromptId],
    )
    .fetch_all(executor)
    .await
}
