//! Roles, suspension, and the list of accounts, for administrators.

use auth::Role;
use http_kit::page::Slice;
use ids::UserId;
use sqlx::{PgConnection, PgExecutor, Postgres, QueryBuilder, query, query_as, query_scalar};

use super::{
    columns::account_query,
    like::{escape_like, to_lowercase},
};
use crate::domain::{Account, UserFilter, fold_name};

/// The key of the advisory lock: any number that nothing else in the database uses.
const ADMINS_LOCK: i64 = 0x0061_646d_696e_7300;

/// Makes changes that can leave fewer administrators wait for one another until the transaction ends,
/// so that each sees the administrators that are left.
pub async fn lock_admins(connection: &mut PgConnection) -> sqlx::Result<()> {
    query!("select pg_advisory_xact_lock($1)", ADMINS_LOCK).execute(connection).await?;
    Ok(())
}

/// Returns whether a user is an administrator now, whatever their token says.
pub async fn is_admin(connection: &mut PgConnection, id: UserId) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (
               select from users where id = $1 and active and 'ADMIN' = any (roles)) as "is_admin!""#,
        id.0,
    )
    .fetch_one(connection)
    .await
}

/// Returns whether there is an administrator.
pub async fn any_admin(connection: &mut PgConnection) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (select from users where active and 'ADMIN' = any (roles)) as "any!""#
    )
    .fetch_one(connection)
    .await
}

/// Locks an account until the transaction ends, and returns its roles.
pub async fn lock_roles(
    connection: &mut PgConnection,
    id: UserId,
) -> sqlx::Result<Option<Vec<String>>> {
    query_scalar!("select roles from users where id = $1 for no key update", id.0)
        .fetch_optional(connection)
        .await
}

pub async fn set_roles(
    connection: &mut PgConnection,
    id: UserId,
    roles: &[Role],
) -> sqlx::Result<Option<Account>> {
    let roles: Vec<String> = roles.iter().map(Role::to_string).collect();
    account_query!(
        "update users set roles = $2, updated_at = now() where id = $1 returning ",
        "",
        id.0,
        &roles,
    )
    .fetch_optional(connection)
    .await
}

pub async fn set_active(
    connection: &mut PgConnection,
    id: UserId,
    active: bool,
) -> sqlx::Result<Option<Account>> {
    account_query!(
        "update users set active = $2, updated_at = now() where id = $1 returning ",
        "",
        id.0,
        active,
    )
    .fetch_optional(connection)
    .await
}

/// An account that has the email address of the first administrator.
pub struct FirstAdminCandidate {
    pub id: UserId,
    pub roles: Vec<String>,
    /// Whether the account was made from settings, or its address is verified: it is not a
    /// stranger's.
    pub is_trusted: bool,
}

/// Finds the account with an email address, and locks it until the transaction ends.
pub async fn lock_first_admin_candidate(
    connection: &mut PgConnection,
    email: &str,
) -> sqlx::Result<Option<FirstAdminCandidate>> {
    query_as!(
        FirstAdminCandidate,
        r#"select id, roles, made_from_settings or email_verified as "is_trusted!"
           from users where email_folded = $1 for no key update"#,
        fold_name(email),
    )
    .fetch_optional(connection)
    .await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &UserFilter) {
    if let Some(role) = filter.role {
        match role {
            // In the words of the index on administrators: with a parameter it would not be used.
            Role::Admin => query.push(" and 'ADMIN' = any (roles)"),
            Role::User => query.push(" and 'USER' = any (roles)"),
        };
    }
    if let Some(active) = filter.active {
        query.push(" and active = ").push_bind(active);
    }
    if let Some(text) = &filter.text {
        let pattern = format!("%{}%", escape_like(&to_lowercase(text)));
        query.push(" and (search_text like ").push_bind(pattern.clone());
        query.push(" or email_folded like ").push_bind(pattern).push(")");
    }
}

/// Lists accounts, newest first: ids are made in the order of time.
pub async fn list(
    executor: impl PgExecutor<'_>,
    filter: &UserFilter,
    slice: Slice<UserId>,
) -> sqlx::Result<Vec<Account>> {
    let mut query =
        QueryBuilder::new(concat!("select ", account_query!(columns), " from users where true"));
    push_filter(&mut query, filter);
    if let Some(after) = slice.after {
        query.push(" and id < ").push_bind(after);
    }
    query.push(" order by id desc limit ").push_bind(slice.limit);
    query.push(" offset ").push_bind(slice.offset);
    query.build_query_as().fetch_all(executor).await
}

pub async fn count(executor: impl PgExecutor<'_>, filter: &UserFilter) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("select count(*) from users where true");
    push_filter(&mut query, filter);
    query.build_query_scalar().fetch_one(executor).await
}
