//! The log of changed prompts that search indexes follow, and the prompts as they are indexed.

use ids::PromptId;
use sqlx::{PgPool, query, query_as, query_scalar};
use uuid::Uuid;

use crate::domain::{INDEXED_CHARS, IndexedPrompt, PREVIEW_CHARS};

/// What the log has that a snapshot does not show.
#[derive(Debug)]
pub struct Changes {
    /// Names the database: another one, a restored one, and one whose server was replaced by its standby
    /// have another name.
    pub source: String,
    /// The snapshot under which the log was read.
    pub snapshot: String,
    /// Whether no such change has been deleted.
    pub is_whole: bool,
    /// Each changed prompt once.
    pub prompts: Vec<PromptId>,
    /// Seconds since the transaction of the oldest change began.
    pub age_seconds: Option<f64>,
}

/// Reads the changes that the snapshot `since` does not show; none without one.
pub async fn read_changes(pool: &PgPool, since: Option<&str>) -> sqlx::Result<Changes> {
    query_as!(
        Changes,
        r#"select prompt_change_source() as "source!",
                  pg_current_snapshot()::text as "snapshot!",
                  -- What was deleted at another server says nothing of this one.
                  (l.source = prompt_change_source()
                   and pg_snapshot_xmin($1::text::pg_snapshot) < l.trimmed_before) is not true
                      as "is_whole!",
                  coalesce(n.prompts, '{}') as "prompts!: Vec<PromptId>",
                  extract(epoch from now() - n.oldest)::double precision as age_seconds
           from prompt_change_log l
           cross join (
               select array_agg(distinct prompt_id) as prompts, min(noted_at) as oldest
               from prompt_changes
               where xid >= pg_snapshot_xmin($1::text::pg_snapshot)
                 and not pg_visible_in_snapshot(xid, $1::text::pg_snapshot)
                 -- Not those that were restored from a server with higher numbers.
                 and pg_visible_in_snapshot(xid, pg_current_snapshot())) n"#,
        since,
    )
    .fetch_one(pool)
    .await
}

/// Finds those of the prompts that are listed, in no order.
pub async fn find_listed(pool: &PgPool, prompts: &[PromptId]) -> sqlx::Result<Vec<IndexedPrompt>> {
    query_as!(
        IndexedPrompt,
        r#"select p.id, p.title, p.tags, p.category, p.description,
                  left(p.content, case when p.is_premium then $2::integer else $3::integer end) as "content!",
                  p.username, p.user_id,
                  coalesce(c.weighted_rating, 3) as "weighted_rating!",
                  coalesce(c.likes_count, 0) as "likes_count!",
                  coalesce(c.average_rating, 0) as "average_rating!"
           from prompts p
           left join prompt_counters c on c.prompt_id = p.id
           where p.id = any($1::uuid[]) and p.visibility = 'PUBLIC' and p.status = 'PUBLISHED'"#,
        prompts as &[PromptId],
        PREVIEW_CHARS as i32,
        INDEXED_CHARS as i32,
    )
    .fetch_all(pool)
    .await
}

/// Returns the ids of all prompts, listed or not, from the first after `after` on.
pub async fn ids_after(pool: &PgPool, after: PromptId, limit: i64) -> sqlx::Result<Vec<PromptId>> {
    query_scalar!("select id from prompts where id > $1 order by id limit $2", after.0, limit)
        .fetch_all(pool)
        .await
}

/// Deletes the oldest changes, up to `limit`, if they are older than this many hours, and their transactions
/// had ended when this was called before. Returns how many it deleted. Also deletes all that were restored
/// from a server with higher numbers.
pub async fn trim(pool: &PgPool, hours: i32, limit: i64) -> sqlx::Result<i64> {
    query_scalar!(
        r#"with log as (
               select id, source = prompt_change_source() as is_of_here, ended_before
               from prompt_change_log for update skip locked),
           gone as (
               delete from prompt_changes where ctid = any (array(
                   select ctid
                   from (select ctid, xid, noted_at from prompt_changes order by xid limit $2) first
                   where noted_at < now() - make_interval(hours => $1)
                     and xid < (select ended_before from log where is_of_here)))
               returning xid),
           restored as (
               delete from prompt_changes
               where exists (select from log) and xid >= pg_snapshot_xmax(pg_current_snapshot())),
           marked as (
               update prompt_change_log l
               set source = prompt_change_source(),
                   ended_before = pg_snapshot_xmin(pg_current_snapshot()),
                   trimmed_before = greatest(
                       case when log.is_of_here then l.trimmed_before end,
                       ((select max(xid) from gone)::text::bigint + 1)::text::xid8)
               from log where l.id = log.id)
           select count(*) as "gone!" from gone"#,
        hours,
        limit,
    )
    .fetch_one(pool)
    .await
}

/// Notes that an instance has a complete index, and forgets those that have not said so for a minute.
pub async fn note_complete(pool: &PgPool, instance: Uuid) -> sqlx::Result<()> {
    query!(
        "with gone as (
             delete from search_instances where seen_at < now() - interval '1 minute' and id <> $1)
         insert into search_instances (id) values ($1)
         on conflict (id) do update set seen_at = now()",
        instance,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Returns whether an instance other than this one has a complete index, as it said within the last seconds.
pub async fn is_complete_elsewhere(
    pool: &PgPool,
    instance: Uuid,
    seconds: f64,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (select from search_instances
                          where id <> $1 and seen_at > now() - make_interval(secs => $2))
               as "exists!""#,
        instance,
        seconds,
    )
    .fetch_one(pool)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn note(connection: &mut sqlx::PgConnection, prompt: PromptId) {
        sqlx::query("insert into prompt_changes (prompt_id) values ($1)")
            .bind(prompt)
            .execute(connection)
            .await
            .unwrap();
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn each_change_is_read_once_whatever_the_order_of_commits(pool: PgPool) {
        let [first, second, third] = [0; 3].map(|_| PromptId::new());
        let start = read_changes(&pool, None).await.unwrap();
        assert!(start.prompts.is_empty() && start.age_seconds.is_none() && start.is_whole);
        let mut early = pool.begin().await.unwrap();
        note(&mut early, first).await;
        let mut late = pool.begin().await.unwrap();
        note(&mut late, second).await;
        note(&mut late, second).await;
        late.commit().await.unwrap();
        let one = read_changes(&pool, Some(&start.snapshot)).await.unwrap();
        assert_eq!((one.prompts, one.source), (vec![second], start.source));
        note(&mut pool.acquire().await.unwrap(), third).await;
        early.commit().await.unwrap();
        let mut two = read_changes(&pool, Some(&one.snapshot)).await.unwrap();
        two.prompts.sort_unstable();
        assert_eq!(two.prompts, [first, third]);
        assert!(two.age_seconds.is_some_and(|age| age >= 0.0));
        let three = read_changes(&pool, Some(&two.snapshot)).await.unwrap();
        assert!(three.prompts.is_empty());
    }
}
