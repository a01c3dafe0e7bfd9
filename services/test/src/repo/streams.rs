//! Answers that are still coming, as far as they have come: for listeners at other instances.

use ids::TestId;
use sqlx::{PgExecutor, query};
use uuid::Uuid;

use super::queue::Claim;
use crate::domain::TestStatus;

/// A piece of the answer to one attempt.
#[derive(Debug)]
pub struct Piece {
    pub test: TestId,
    pub attempt: i32,
    /// Characters before it.
    pub at: i64,
    pub text: String,
}

/// How far a test has come.
#[derive(Debug)]
pub struct Progress {
    pub status: TestStatus,
    /// The latest attempt; 0 before the first.
    pub attempt: i32,
    /// What was stored of its answer after the place asked for; empty when nothing was.
    pub text: String,
}

/// Stores pieces, each unless its attempt has ended by now. Storing a piece that begins at the same
/// place again replaces it: a longer one that was tried after the first seemed to fail.
pub async fn store(executor: impl PgExecutor<'_>, pieces: &[Piece]) -> sqlx::Result<()> {
    let tests: Vec<Uuid> = pieces.iter().map(|piece| piece.test.0).collect();
    let attempts: Vec<i32> = pieces.iter().map(|piece| piece.attempt).collect();
    let places: Vec<i64> = pieces.iter().map(|piece| piece.at).collect();
    let texts: Vec<&str> = pieces.iter().map(|piece| piece.text.as_str()).collect();
    query!(
        "insert into test_streams (test_id, attempt, at, text)
         select p.test_id, p.attempt, p.at, p.text
         from unnest($1::uuid[], $2::int[], $3::bigint[], $4::text[])
              as p (test_id, attempt, at, text)
         join tests t on t.id = p.test_id and t.attempts = p.attempt and t.status = 'RUNNING'
         on conflict (test_id, attempt, at) do update set text = excluded.text",
        &tests,
        &attempts,
        &places,
        &texts as &[&str],
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Where the test stands, and its answer after the first `chars` characters of that attempt; all of it
/// when another attempt has begun. `None` when there is no such test.
pub async fn progress(
    executor: impl PgExecutor<'_>,
    test: TestId,
    attempt: i32,
    chars: i64,
) -> sqlx::Result<Option<Progress>> {
    let row = query!(
        r#"select t.status, t.attempts, coalesce((
                -- Only without a gap: pieces can be lost, and what came after one is out of place.
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
    Ok(row.map(|row| Progress { status: row.status, attempt: row.attempts, text: row.text }))
}

/// Removes what was stored of attempts that are over, and of those before them.
pub async fn forget(executor: impl PgExecutor<'_>, over: &[Claim]) -> sqlx::Result<()> {
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

/// Removes what nobody can be listening to any more: of a worker that died, or of a piece that was
/// stored while its test ended.
pub async fn forget_ended(executor: impl PgExecutor<'_>) -> sqlx::Result<()> {
    query!(
        "delete from test_streams p
         where not exists (select from tests t where t.id = p.test_id
                             and t.attempts = p.attempt and t.status = 'RUNNING')"
    )
    .execute(executor)
    .await?;
    Ok(())
}
