//! Comments on somebody's prompts, and replies to their comments.

use auth::Identity;
use http_kit::page::Slice;
use ids::CommentId;
use sqlx::{PgExecutor, Postgres, QueryBuilder};
use timestamp::Timestamp;

use super::prompts::{VISIBLE, push_viewer};
use crate::domain::ReceivedComment;

/// Lists what others wrote to the caller, on prompts that the caller may read, newest first, after a sort key.
/// Of each prompt and each comment only the newest are read, so the cost does not grow with all that there are.
pub async fn list(
    executor: impl PgExecutor<'_>,
    caller: &Identity,
    slice: Slice<(Timestamp, CommentId)>,
) -> sqlx::Result<Vec<ReceivedComment>> {
    let mut query = QueryBuilder::new(
        "select m.id, m.prompt_id, m.user_id, m.username, m.parent_id, m.content, m.likes_count,
                m.created_at, m.updated_at, m.prompt_title,
                (select count(*) from prompt_comments r where r.parent_id = m.id) as replies_count,
                exists (select from comment_likes l where l.comment_id = m.id and l.user_id = ",
    );
    query.push_bind(caller.id).push(
        ") as user_has_liked
         from (select p.title as prompt_title, m.*
               from prompts p
               join prompt_counters c on c.prompt_id = p.id and c.comments_count > 0
               cross join lateral (",
    );
    push_newest(&mut query, caller, slice, "m.prompt_id = p.id and m.parent_id is null");
    query.push(") m where p.user_id = ").push_bind(caller.id).push(
        " union all
         select p.title as prompt_title, m.*
         from prompt_comments mine join prompts p on p.id = mine.prompt_id cross join ",
    );
    push_viewer(&mut query, Some(caller));
    query.push(" cross join lateral (");
    push_newest(&mut query, caller, slice, "m.parent_id = mine.id");
    // The comments of one author have an index, which leaves out those whose account is gone.
    query.push(") m where mine.username <> 'deleted-user' and mine.user_id = ");
    query.push_bind(caller.id).push(" and ").push(VISIBLE);
    query.push(") m order by m.created_at desc, m.id desc limit ").push_bind(slice.limit);
    query.push(" offset ").push_bind(slice.offset);
    query.build_query_as().fetch_all(executor).await
}

/// Adds a query for the newest comments `m` of others that meet a condition, as many as a slice can have.
fn push_newest(
    query: &mut QueryBuilder<Postgres>,
    caller: &Identity,
    slice: Slice<(Timestamp, CommentId)>,
    condition: &str,
) {
    query.push("select * from prompt_comments m where ").push(condition);
    query.push(" and m.user_id <> ").push_bind(caller.id);
    if let Some((time, id)) = slice.after {
        query.push(" and (m.created_at, m.id) < (").push_bind(time).push(", ");
        query.push_bind(id).push(")");
    }
    query.push(" order by m.created_at desc, m.id desc limit ");
    query.push_bind(slice.offset + slice.limit);
}
