//! The table `comment_likes`.

use ids::{CommentId, UserId};
use sqlx::{PgExecutor, query_scalar};

/// Likes a comment. Returns false if the user liked it already, `None` when it is gone. Locks the
/// comment first, as its deletion does: one order, no deadlock.
pub async fn insert(
    executor: impl PgExecutor<'_>,
    id: CommentId,
    user: UserId,
) -> sqlx::Result<Option<bool>> {
    query_scalar!(
        r#"with comment as (
               select id from prompt_comments where id = $1 for no key update),
           added as (
               insert into comment_likes (comment_id, user_id) select id, $2 from comment
               on conflict do nothing returning comment_id),
           counted as (
               update prompt_comments m set likes_count = likes_count + 1
               from added where m.id = added.comment_id)
           select exists (select from added) as "added!" from comment"#,
        id.0,
        user.0,
    )
    .fetch_optional(executor)
    .await
}

/// Removes a like. Returns false if there was none, `None` when the comment is gone.
pub async fn delete(
    executor: impl PgExecutor<'_>,
    id: CommentId,
    user: UserId,
) -> sqlx::Result<Option<bool>> {
    query_scalar!(
        r#"with comment as (
               select id from prompt_comments where id = $1 for no key update),
           removed as (
               delete from comment_likes l using comment
               where l.comment_id = comment.id and l.user_id = $2 returning l.comment_id),
           counted as (
               update prompt_comments m set likes_count = likes_count - 1
               from removed where m.id = removed.comment_id)
           select exists (select from removed) as "removed!" from comment"#,
        id.0,
        user.0,
    )
    .fetch_optional(executor)
    .await
}
