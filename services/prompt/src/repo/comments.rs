//! The table `prompt_comments`. The service checks that the caller may see the prompt.

use auth::Identity;
use http_kit::page::Slice;
use ids::{CommentId, PromptId, UserId};
use sqlx::{PgConnection, PgExecutor, PgPool, query, query_as, query_scalar};
use timestamp::Timestamp;

use super::{anonymized_batch::AnonymizedBatch, counters};
use crate::domain::Comment;

/// Makes a query for [`Comment`]s: `$head`, the columns of comment `m`, `$tail`. The first argument is
/// the caller, who may like it.
macro_rules! query_comments {
    ($head:literal, replies = $replies:literal, $tail:literal, $($argument:expr),* $(,)?) => {
        query_as!(
            Comment,
            $head
                + " m.id, m.prompt_id, m.user_id, m.username, m.parent_id, m.content, "
                + $replies
                + r#" as "replies_count!", m.likes_count,
                    exists (select from comment_likes l where l.comment_id = m.id and l.user_id = $1)
                        as "user_has_liked!", m.created_at, m.updated_at "#
                + $tail,
            $($argument),*
        )
    };
}

/// Inserts a comment and counts it.
pub async fn insert(
    connection: &mut PgConnection,
    id: CommentId,
    prompt: PromptId,
    author: &Identity,
    parent: Option<CommentId>,
    content: &str,
) -> sqlx::Result<Comment> {
    let comment = query_comments!(
        "insert into prompt_comments as m (user_id, id, prompt_id, username, parent_id, content)
         values ($1, $2, $3, $4, $5, $6)
         returning",
        replies = "0::bigint",
        "",
        author.id.0,
        id.0,
        prompt.0,
        author.username,
        parent.map(|parent| parent.0),
        content,
    )
    .fetch_one(&mut *connection)
    .await?;
    counters::add_comment(connection, prompt).await?;
    Ok(comment)
}

/// Returns whether a comment of this prompt is itself a reply; `None` when there is no such comment.
/// Keeps the comment from being deleted until the transaction ends.
pub async fn is_reply(
    connection: &mut PgConnection,
    id: CommentId,
    prompt: PromptId,
) -> sqlx::Result<Option<bool>> {
    query_scalar!(
        r#"select parent_id is not null as "is_reply!" from prompt_comments
           where id = $1 and prompt_id = $2 for key share"#,
        id.0,
        prompt.0,
    )
    .fetch_optional(connection)
    .await
}

/// Finds a comment as the caller sees it. Does not check that the prompt is visible.
pub async fn find(
    executor: impl PgExecutor<'_>,
    id: CommentId,
    caller: Option<UserId>,
) -> sqlx::Result<Option<Comment>> {
    query_comments!(
        "select",
        replies = "(select count(*) from prompt_comments r where r.parent_id = m.id)",
        "from prompt_comments m where m.id = $2",
        caller.map(|caller| caller.0),
        id.0,
    )
    .fetch_optional(executor)
    .await
}

/// Changes a comment's content. Returns false if the author did not write it, or it is gone.
pub async fn update(
    executor: impl PgExecutor<'_>,
    id: CommentId,
    author: UserId,
    content: &str,
) -> sqlx::Result<bool> {
    let updated = query!(
        "update prompt_comments set content = $3, updated_at = now() where id = $1 and user_id = $2",
        id.0,
        author.0,
        content,
    )
    .execute(executor)
    .await?;
    Ok(updated.rows_affected() > 0)
}

/// Deletes a comment with its replies, and subtracts them from the counter. The caller must be its
/// author, the prompt's author or an admin; returns false otherwise, and when the comment is gone. The
/// counters must be locked, so that no reply comes in between.
pub async fn delete(
    connection: &mut PgConnection,
    id: CommentId,
    caller: &Identity,
) -> sqlx::Result<bool> {
    let deleted = query!(
        "with gone as (
             delete from prompt_comments
             where (id = $1 or parent_id = $1)
               and exists (select from prompt_comments m join prompts p on p.id = m.prompt_id
                           where m.id = $1 and (m.user_id = $2 or p.user_id = $2 or $3))
             returning prompt_id),
         counted as (
             select prompt_id, count(*) as comments from gone group by prompt_id)
         update prompt_counters c set comments_count = comments_count - counted.comments
         from counted where c.prompt_id = counted.prompt_id",
        id.0,
        caller.id.0,
        caller.is_admin(),
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected() > 0)
}

/// Lists top-level comments, newest first, after a sort key.
pub async fn list_top(
    executor: impl PgExecutor<'_>,
    prompt: PromptId,
    slice: Slice<(Timestamp, CommentId)>,
    caller: Option<UserId>,
) -> sqlx::Result<Vec<Comment>> {
    let (time, id) = slice.after.map(|(time, id)| (time, id.0)).unzip();
    query_comments!(
        "select",
        replies = "(select count(*) from prompt_comments r where r.parent_id = m.id)",
        "from prompt_comments m
         where m.prompt_id = $2 and m.parent_id is null
           and ($3::timestamptz is null or (m.created_at, m.id) < ($3, $4))
         order by m.created_at desc, m.id desc
         limit $5 offset $6",
        caller.map(|caller| caller.0),
        prompt.0,
        time,
        id,
        slice.limit,
        slice.offset,
    )
    .fetch_all(executor)
    .await
}

/// Lists the first replies to each of these comments, oldest first, up to `max_bytes` of content in
/// all: the first to each, then the second to each.
pub async fn first_replies(
    executor: impl PgExecutor<'_>,
    parents: &[CommentId],
    limit_each: i64,
    max_bytes: usize,
    caller: Option<UserId>,
) -> sqlx::Result<Vec<Comment>> {
    query_comments!(
        "with reply as (
             select r.*, sum(octet_length(r.content)) over (order by r.nth, parent.nth) as bytes
             from unnest($2::uuid[]) with ordinality as parent (id, nth)
             cross join lateral (
                 select *, row_number() over (order by r.created_at, r.id) as nth
                 from prompt_comments r where r.parent_id = parent.id
                 order by r.created_at, r.id limit $3) r)
         select",
        replies = "0::bigint",
        "from reply m
         where m.bytes <= $4
         order by m.nth, m.created_at, m.id",
        caller.map(|caller| caller.0),
        parents as &[CommentId],
        limit_each,
        max_bytes as i64,
    )
    .fetch_all(executor)
    .await
}

/// Lists the replies to one comment, oldest first, after a sort key.
pub async fn list_replies(
    executor: impl PgExecutor<'_>,
    parent: CommentId,
    slice: Slice<(Timestamp, CommentId)>,
    caller: Option<UserId>,
) -> sqlx::Result<Vec<Comment>> {
    let (time, id) = slice.after.map(|(time, id)| (time, id.0)).unzip();
    query_comments!(
        "select",
        replies = "0::bigint",
        "from prompt_comments m
         where m.parent_id = $2
           and ($3::timestamptz is null or (m.created_at, m.id) > ($3, $4))
         order by m.created_at, m.id
         limit $5 offset $6",
        caller.map(|caller| caller.0),
        parent.0,
        time,
        id,
        slice.limit,
        slice.offset,
    )
    .fetch_all(executor)
    .await
}

/// Counts the top-level comments on a prompt.
pub async fn count_top(executor: impl PgExecutor<'_>, prompt: PromptId) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select count(*) as "count!" from prompt_comments where prompt_id = $1 and parent_id is null"#,
        prompt.0,
    )
    .fetch_one(executor)
    .await
}

/// Replaces the author's name on some of their comments. Rows that another transaction has locked are skipped
/// and stay for the next batch: this never waits while it holds rows, and so is part of no deadlock.
pub async fn anonymize_some(
    pool: &PgPool,
    author: UserId,
    limit: i64,
) -> sqlx::Result<AnonymizedBatch> {
    query_as!(
        AnonymizedBatch,
        r#"with mine as (
               select id from prompt_comments where user_id = $1 and username <> 'deleted-user'
               limit $2 for no key update skip locked),
           renamed as (
               update prompt_comments c set username = 'deleted-user' from mine where c.id = mine.id
               returning c.id)
           select (select count(*) from renamed) as "renamed!",
                  exists (select from prompt_comments
                          where user_id = $1 and username <> 'deleted-user') as "found!""#,
        author.0,
        limit,
    )
    .fetch_one(pool)
    .await
}
