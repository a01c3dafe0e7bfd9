use ids::{SessionId, UserId};
use sqlx::{PgConnection, PgExecutor, query_as};

use crate::domain::{Account, NewAccount};

pub async fn insert(
    connection: &mut PgConnection,
    id: UserId,
    new: &NewAccount,
    password_hash: &str,
) -> sqlx::Result<Account> {
    query_as!(
        Account,
        "insert into users (id, username, email, password_hash, first_name, last_name, last_login_at)
         values ($1, $2, $3, $4, $5, $6, now())
         returning id, username, email, password_hash, first_name, last_name, bio, avatar_url, roles,
                   active, email_verified, created_at, last_login_at",
        id.0,
        new.username,
        new.email,
        password_hash,
        new.first_name,
        new.last_name,
    )
    .fetch_one(connection)
    .await
}

pub async fn find(executor: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<Option<Account>> {
    query_as!(
        Account,
        "select id, username, email, password_hash, first_name, last_name, bio, avatar_url, roles,
                active, email_verified, created_at, last_login_at
         from users where id = $1",
        id.0,
    )
    .fetch_optional(executor)
    .await
}

pub async fn find_all(executor: impl PgExecutor<'_>, ids: &[UserId]) -> sqlx::Result<Vec<Account>> {
    query_as!(
        Account,
        "select id, username, email, password_hash, first_name, last_name, bio, avatar_url, roles,
                active, email_verified, created_at, last_login_at
         from users where id = any($1)",
        ids as &[UserId],
    )
    .fetch_all(executor)
    .await
}

/// By email address or username, without case. A username cannot hold an `@`, so at most one row.
pub async fn find_by_login(
    executor: impl PgExecutor<'_>,
    name: &str,
) -> sqlx::Result<Option<Account>> {
    query_as!(
        Account,
        "select id, username, email, password_hash, first_name, last_name, bio, avatar_url, roles,
                active, email_verified, created_at, last_login_at
         from users where lower(email) = lower($1) or lower(username) = lower($1)",
        name,
    )
    .fetch_optional(executor)
    .await
}

/// Notes the time of a sign-in; `None` when the account was suspended or deleted meanwhile.
pub async fn record_login(
    connection: &mut PgConnection,
    id: UserId,
) -> sqlx::Result<Option<Account>> {
    query_as!(
        Account,
        "update users set last_login_at = now() where id = $1 and active
         returning id, username, email, password_hash, first_name, last_name, bio, avatar_url, roles,
                   active, email_verified, created_at, last_login_at",
        id.0,
    )
    .fetch_optional(connection)
    .await
}

pub async fn find_active_by_session(
    connection: &mut PgConnection,
    session: SessionId,
) -> sqlx::Result<Option<Account>> {
    query_as!(
        Account,
        "select u.id, u.username, u.email, u.password_hash, u.first_name, u.last_name, u.bio,
                u.avatar_url, u.roles, u.active, u.email_verified, u.created_at, u.last_login_at
         from users u join sessions s on s.user_id = u.id
         where s.id = $1 and u.active",
        session.0,
    )
    .fetch_optional(connection)
    .await
}
