//! Locking rows of `prompts`.

use std::collections::HashSet;

use auth::Identity;
use ids::{PromptId, UserId};
use sqlx::{PgConnection, PgExecutor, QueryBuilder, query, query_scalar};

use super::read::{VISIBLE, select};
use crate::domain::{Editors, LikeChange, Prompt};

/// The lock that a transaction takes on a prompt's row.
#[derive(Clone, Copy, Debug)]
pub enum RowLock {
    /// For an edit.
    NoKeyUpdate,
    /// For a deletion.
    Update,
}

/// Finds a prompt that `caller` may change and locks its row until the transaction ends.
pub async fn lock(
    connection: &mut PgConnection,
    id: PromptId,
    caller: &Identity,
    editors: Editors,
    row_lock: RowLock,
) -> sqlx::Result<Option<Prompt>> {
    let mut query = select(Some(caller), "p.content");
    query.push("p.id = ").push_bind(id).push(" and (p.user_id = ").push_bind(caller.id);
    query.push(" or ").push_bind(editors == Editors::AuthorAndAdmins && caller.is_admin());
    query.push(match row_lock {
        // Not `for update`: that would block the key-share locks of likes and ratings, whose
        // transactions hold the counters that this one needs next.
        RowLock::NoKeyUpdate => ") for no key update of p",
        // A deletion has to block those locks, and before it holds the counters.
        RowLock::Update => ") for update of p",
    });
    query.build_query_as().fetch_optional(connection).await
}

/// Keeps a prompt from being deleted until the transaction ends. Returns its author; `None` when it is
/// gone.
///
/// A transaction that locks a prompt's counters locks the prompt first, as a deletion does: one order,
/// no deadlock.
pub async fn lock_key_share(
    connection: &mut PgConnection,
    id: PromptId,
) -> sqlx::Result<Option<UserId>> {
    query_scalar!("select user_id from prompts where id = $1 for key share", id.0)
        .fetch_optional(connection)
        .await
}

/// Keeps the prompts of these changes from being deleted until the transaction ends. Returns the keys of
/// the changes whose prompts exist and are visible to the person who asks.
pub async fn lock_key_share_visible(
    connection: &mut PgConnection,
    changes: &[LikeChange],
) -> sqlx::Result<HashSet<(PromptId, UserId)>> {
    let mut query = QueryBuilder::new("select p.id, viewer.id from unnest(");
    query.push_bind(changes.iter().map(|change| change.prompt).collect::<Vec<_>>()).push(", ");
    query.push_bind(changes.iter().map(|change| change.user).collect::<Vec<_>>()).push(", ");
    query.push_bind(changes.iter().map(|change| change.admin).collect::<Vec<_>>());
    query.push(") viewer (prompt_id, id, admin) join prompts p on p.id = viewer.prompt_id where ");
    query.push(VISIBLE).push(" order by p.id for key share of p");
    let locked = query.build_query_as().fetch_all(connection).await?;
    Ok(locked.into_iter().collect())
}

/// Returns a prompt's newest version, and keeps it the newest until the transaction ends.
pub async fn lock_newest_version(
    connection: &mut PgConnection,
    prompt: PromptId,
) -> sqlx::Result<Option<i32>> {
    query_scalar!("select version from prompts where id = $1 for no key update", prompt.0)
        .fetch_optional(connection)
        .await
}

/// Returns those of the prompts that exist, each with its newest version. Locks nothing.
pub async fn newest_versions(
    executor: impl PgExecutor<'_>,
    prompts: &[PromptId],
) -> sqlx::Result<Vec<(PromptId, i32)>> {
    let rows = query!(
        "select id, version from prompts where id = any($1::uuid[])",
        prompts as &[PromptId]
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.version)).collect())
}
