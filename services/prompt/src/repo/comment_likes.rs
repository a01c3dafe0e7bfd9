//! The table `comment_likes`. The caller holds the lock of the comment's row
//! ([`lock`](super::comments::lock)), taken by an earlier statement: a statement that locks a row and
//! then updates it may find it changed since its snapshot, and wait in a circle with the next in line.

use ids::{CommentId, UserId};
use sqlx::{PgConnection, PgExecutor, query_scalar};

/// Inserts a like and counts it. Returns false if the user liked the comment already.
pub async fn insert(
    connection: &mut PgConnection,
    id: CommentId,
    user: UserId,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"with added as (
               insert into comment_likes (comment_id, user_id) values ($1, $2)
               on conflict do nothing returning comment_id),
           counted as (
               update prompt_comments m set likes_count = likes_count + 1
               from added where m.id = added.comment_id)
           select exists (select from added) as "added!""#,
        id.0,
        user.0,
    )
    .fetch_one(connection)
    .await
}

/// Deletes a like and counts it. Returns false if there was none.
pub async fn delete(
    connection: &mut PgConnection,
    id: CommentId,
    user: UserId,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"with removed as (
               delete from comment_likes where comment_id = $1 and user_id = $2
               returning comment_id),
           counted as (
               update prompt_comments m set likes_count = likes_count - 1
               from removed where m.id = removed.comment_id)
           select exists (select from removed) as "removed!""#,
        id.0,
        user.0,
    )
    .fetch_one(connection)
    .await
}

/// Returns those of the comments that the user likes, in no order. Needs no lock.
pub async fn liked_among(
    executor: impl PgExecutor<'_>,
    user: UserId,
    comments: &[CommentId],
) -> sqlx::Result<Vec<CommentId>> {
    query_scalar!(
        r#"select comment_id as "id: CommentId" from comment_likes
           where user_id = $1 and comment_id = any($2::uuid[])"#,
        user.0,
        comments as &[CommentId],
    )
    .fetch_all(executor)
    .await
}
