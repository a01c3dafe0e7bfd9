//! The text of answers that are under way, stored for listeners at other instances.

use ids::TestId;
use sqlx::{PgExecutor, query};
use uuid::Uuid;

use super::queue::claimed_test::Claim;
use crate::domain::TestStatus;

/// A chunk of the answer to one attempt.
#[derive(Debug)]
pub struct StreamChunk {
    pub test: TestId,
    pub attempt: i32,
    /// Characters of the answer before it.
    pub at: i64,
    pub text: String,
}

/// The progress of a test.
#[derive(Debug)]
pub struct StreamProgress {
    pub status: TestStatus,
    /// Number of the latest attempt; 0 before the first.
    pub attempt: i32,
    /// The stored text of its answer after the cursor; may be empty.
    pub text: String,
}

/// Stores chunks, each unless its attempt has ended by now. A chunk at the same offset is replaced: by a longer
/// one that was written after the first seemed to fail.
pub async fn store(executor: impl PgExecutor<'_>, chunks: &[StreamChunk]) -> sqlx::Result<()> {
    let tests: Vec<Uuid> = chunks.iter().map(|chunk| chunk.test.0).collect();
    let attempts: Vec<i32> = chunks.iter().map(|chunk| chunk.attempt).collect();
    let offsets: Vec<i64> = chunks.iter().map(|chunk| chunk.at).collect();
    let texts: Vec<&str> = chunks.iter().map(|chunk| chunk.text.as_str()).collect();
    query!(
        "insert into test_streams (test_id, attempt, at, text)
         select p.test_id, p.attempt, p.at, p.text
         from unnest($1::uuid[], $2::int[], $3::bigint[], $4::text[])
              as p (test_id, attempt, at, text)
         join tests t on t.id = p.test_id and t.attempts = p.attempt and t.status = 'RUNNING'
         on conflict (test_id, attempt, at) do update set text = excluded.text",
        &tests,
        &attempts,
        &offsets,
        &texts as &[&str],
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Finds the status of a test, and its answer after the first `chars` characters of that attempt; the whole
/// answer when another attempt has started. `None` when there is no such test.
pub async fn find_progress(
    executor: impl PgExecutor<'_>,
    test: TestId,
    attempt: i32,
    chars: i64,
) -> sqlx::Result<Option<StreamProgress>> {
    let row = query!(
        r#"select t.status, t.attempts, coalesce((
                -- Only without a gap: a chunk can be lost, and the text after it is out of place.
                select case when sum(char_length(q.text)) = max(q.over) - s.from_here
                            then string_agg(q.text, '' order by q.at) end
                from (
                    select p.at, p.at + char_length(p.text) as over,
                           substr(p.text, greatest(s.from_here - p.at, 0)::int + 1) as text
                    from test_streams p
                    where p.test_id = t.id and p.attempt = t.attempts
                      and p.at + char_length(p.text) > s.from_here) q), '') as "text!"
           from tests t
           cross join lateral (
               select case when t.attempts = $2 then $3::bigint else 0 end as from_here) s
           where t.id = $1"#,
        test.0,
        attempt,
        chars,
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(|row| StreamProgress { status: row.status, attempt: row.attempts, text: row.text }))
}

/// Deletes the text of attempts that are over, and of those before them.
pub async fn delete(executor: impl PgExecutor<'_>, over: &[Claim]) -> sqlx::Result<()> {
    let (tests, attempts): (Vec<Uuid>, Vec<i32>) =
        over.iter().map(|claim| (claim.id.0, claim.attempt)).unzip();
    query!(
        "delete from test_streams p using unnest($1::uuid[], $2::int[]) as o (id, attempt)
         where p.test_id = o.id and p.attempt <= o.attempt",
        &tests,
        &attempts,
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Deletes the text that has no listener any more: of a worker that died, or of a chunk that was stored while
/// its test ended.
pub async fn delete_ended(executor: impl PgExecutor<'_>) -> sqlx::Result<()> {
    query!(
        "delete from test_streams p
         where not exists (select from tests t where t.id = p.test_id
                             and t.attempts = p.attempt and t.status = 'RUNNING')"
    )
    .execute(executor)
    .await?;
    Ok(())
}
