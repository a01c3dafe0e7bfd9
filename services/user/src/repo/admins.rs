//! What administrators do, and who is one.

use auth::Role;
use ids::UserId;
use sqlx::{PgConnection, PgExecutor, Postgres, QueryBuilder, query, query_as, query_scalar};

use super::{Slice, literal, lower};
use crate::domain::{Account, names::fold};

/// Any number will do, as long as nothing else in the database uses it.
const LOCK: i64 = 0x0061_646d_696e_7300;

/// Makes changes that can lessen the administrators wait for one another until the transaction
/// ends, so that each sees who is left.
pub async fn lock(connection: &mut PgConnection) -> sqlx::Result<()> {
    query!("select pg_advisory_xact_lock($1)", LOCK).execute(connection).await?;
    Ok(())
}

/// Whether someone is an administrator now, whatever their token says.
pub async fn is_one(connection: &mut PgConnection, id: UserId) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (
               select from users where id = $1 and active and 'ADMIN' = any (roles)) as "is!""#,
        id.0,
    )
    .fetch_one(connection)
    .await
}

/// Whether there is any.
pub async fn remain(connection: &mut PgConnection) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (select from users where active and 'ADMIN' = any (roles)) as "any!""#
    )
    .fetch_one(connection)
    .await
}

/// The roles of an account, which is locked until the transaction ends.
pub async fn roles(connection: &mut PgConnection, id: UserId) -> sqlx::Result<Option<Vec<String>>> {
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
    query_as!(
        Account,
        "update users set roles = $2, updated_at = now() where id = $1
         returning id, username, email, first_name, last_name, bio, avatar_url, roles, active,
                   email_verified, created_at, last_login_at",
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
    query_as!(
        Account,
        "update users set active = $2, updated_at = now() where id = $1
         returning id, username, email, first_name, last_name, bio, avatar_url, roles, active,
                   email_verified, created_at, last_login_at",
        id.0,
        active,
    )
    .fetch_optional(connection)
    .await
}

/// What there is under the email address that settings name.
pub struct Candidate {
    pub id: UserId,
    pub roles: Vec<String>,
    /// It was made from settings, or its address is verified: it is not a stranger's.
    pub is_trusted: bool,
}

/// Finds and locks the account with an email address.
pub async fn find_candidate(
    connection: &mut PgConnection,
    email: &str,
) -> sqlx::Result<Option<Candidate>> {
    query_as!(
        Candidate,
        r#"select id, roles, made_from_settings or email_verified as "is_trusted!"
           from users where email_folded = $1 for no key update"#,
        fold(email),
    )
    .fetch_optional(connection)
    .await
}

/// Which accounts a list holds; `None` filters nothing.
#[derive(Debug, Default)]
pub struct Filter {
    pub role: Option<Role>,
    pub active: Option<bool>,
    /// Part of a name or of an email address.
    pub text: Option<String>,
}

impl Filter {
    fn push(&self, query: &mut QueryBuilder<Postgres>) {
        if let Some(role) = self.role {
            match role {
                // As the index on them says it.
                Role::Admin => query.push(" and 'ADMIN' = any (roles)"),
                Role::User => query.push(" and 'USER' = any (roles)"),
            };
        }
        if let Some(active) = self.active {
            query.push(" and active = ").push_bind(active);
        }
        if let Some(text) = &self.text {
            let pattern = format!("%{}%", literal(&lower(text)));
            query.push(" and (search_text like ").push_bind(pattern.clone());
            query.push(" or email_folded like ").push_bind(pattern).push(")");
        }
    }
}

/// Newest first: ids are made in the order of time.
pub async fn list(
    executor: impl PgExecutor<'_>,
    filter: &Filter,
    slice: Slice<UserId>,
) -> sqlx::Result<Vec<Account>> {
    let mut query = QueryBuilder::new(
        "select id, username, email, first_name, last_name, bio, avatar_url, roles, active,
                email_verified, created_at, last_login_at
         from users where true",
    );
    filter.push(&mut query);
    if let Some(after) = slice.after {
        query.push(" and id < ").push_bind(after);
    }
    query.push(" order by id desc limit ").push_bind(slice.limit);
    query.push(" offset ").push_bind(slice.offset);
    query.build_query_as().fetch_all(executor).await
}

pub async fn count(executor: impl PgExecutor<'_>, filter: &Filter) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("select count(*) from users where true");
    filter.push(&mut query);
    query.build_query_scalar().fetch_one(executor).await
}
