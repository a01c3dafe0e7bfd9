use auth::Role;
use ids::{SessionId, UserId};
use sqlx::{PgConnection, PgExecutor, query, query_as};

use crate::domain::{Account, Changes, Credentials, NewAccount, Profile};

pub async fn insert(
    connection: &mut PgConnection,
    id: UserId,
    new: &NewAccount,
    password_hash: &str,
    roles: &[Role],
    signs_in: bool,
) -> sqlx::Result<Account> {
    let roles: Vec<String> = roles.iter().map(Role::to_string).collect();
    query_as!(
        Account,
        "insert into users (id, username, email, password_hash, first_name, last_name, roles,
                            last_login_at)
         values ($1, $2, $3, $4, $5, $6, $7, case when $8 then now() end)
         returning id, username, email, first_name, last_name, bio, avatar_url, roles, active,
                   email_verified, created_at, last_login_at",
        id.0,
        new.username,
        new.email,
        password_hash,
        new.first_name,
        new.last_name,
        &roles,
        signs_in,
    )
    .fetch_one(connection)
    .await
}

pub async fn find(executor: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<Option<Account>> {
    query_as!(
        Account,
        "select id, username, email, first_name, last_name, bio, avatar_url, roles, active,
                email_verified, created_at, last_login_at
         from users where id = $1",
        id.0,
    )
    .fetch_optional(executor)
    .await
}

pub async fn profile(executor: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<Option<Profile>> {
    query_as!(
        Profile,
        "select id, username, first_name, last_name, bio, avatar_url, created_at
         from users where id = $1",
        id.0,
    )
    .fetch_optional(executor)
    .await
}

pub async fn profiles(executor: impl PgExecutor<'_>, ids: &[UserId]) -> sqlx::Result<Vec<Profile>> {
    query_as!(
        Profile,
        "select id, username, first_name, last_name, bio, avatar_url, created_at
         from users where id = any($1)",
        ids as &[UserId],
    )
    .fetch_all(executor)
    .await
}

/// Without case.
pub async fn profile_by_username(
    executor: impl PgExecutor<'_>,
    username: &str,
) -> sqlx::Result<Option<Profile>> {
    query_as!(
        Profile,
        "select id, username, first_name, last_name, bio, avatar_url, created_at
         from users where lower(username) = lower($1)",
        username,
    )
    .fetch_optional(executor)
    .await
}

/// By email address or username, without case. A username cannot hold an `@`, so at most one row.
pub async fn credentials_by_login(
    executor: impl PgExecutor<'_>,
    name: &str,
) -> sqlx::Result<Option<Credentials>> {
    query_as!(
        Credentials,
        "select id, password_hash, password_version
         from users where lower(email) = lower($1) or lower(username) = lower($1)",
        name,
    )
    .fetch_optional(executor)
    .await
}

pub async fn credentials(
    executor: impl PgExecutor<'_>,
    id: UserId,
) -> sqlx::Result<Option<Credentials>> {
    query_as!(
        Credentials,
        "select id, password_hash, password_version from users where id = $1",
        id.0,
    )
    .fetch_optional(executor)
    .await
}

/// Notes the time of a sign-in, and keeps the password's new hash, if there is one. `None` when the
/// password was changed or the account deleted since the credentials were read.
pub async fn record_login(
    connection: &mut PgConnection,
    checked: &Credentials,
    renewed_hash: Option<&str>,
) -> sqlx::Result<Option<Account>> {
    query_as!(
        Account,
        "update users set last_login_at = now(), password_hash = coalesce($3, password_hash)
         where id = $1 and password_version = $2
         returning id, username, email, first_name, last_name, bio, avatar_url, roles, active,
                   email_verified, created_at, last_login_at",
        checked.id.0,
        checked.password_version,
        renewed_hash,
    )
    .fetch_optional(connection)
    .await
}

/// `None` when the password was changed or the account deleted since the credentials were read.
pub async fn set_password(
    connection: &mut PgConnection,
    checked: &Credentials,
    new_hash: &str,
) -> sqlx::Result<Option<Account>> {
    query_as!(
        Account,
        "update users
         set password_hash = $3, password_version = password_version + 1, updated_at = now()
         where id = $1 and password_version = $2
         returning id, username, email, first_name, last_name, bio, avatar_url, roles, active,
                   email_verified, created_at, last_login_at",
        checked.id.0,
        checked.password_version,
        new_hash,
    )
    .fetch_optional(connection)
    .await
}

/// Deletes an account with its sessions and follows, and returns it as it was. `None` when the
/// password was changed or the account deleted since the credentials were read.
pub async fn delete(
    connection: &mut PgConnection,
    checked: &Credentials,
) -> sqlx::Result<Option<Account>> {
    query_as!(
        Account,
        "delete from users where id = $1 and password_version = $2
         returning id, username, email, first_name, last_name, bio, avatar_url, roles, active,
                   email_verified, created_at, last_login_at",
        checked.id.0,
        checked.password_version,
    )
    .fetch_optional(connection)
    .await
}

pub async fn update(
    executor: impl PgExecutor<'_>,
    id: UserId,
    changes: &Changes,
) -> sqlx::Result<Option<Account>> {
    let value = |change: &Option<Option<String>>| change.clone().flatten();
    query_as!(
        Account,
        "update users
         set first_name = case when $2 then $3 else first_name end,
             last_name = case when $4 then $5 else last_name end,
             bio = case when $6 then $7 else bio end,
             avatar_url = case when $8 then $9 else avatar_url end,
             email = coalesce($10, email),
             -- The same address in other letters is still the one that was verified.
             email_verified = email_verified and lower(email) = lower(coalesce($10, email)),
             updated_at = now()
         where id = $1
         returning id, username, email, first_name, last_name, bio, avatar_url, roles, active,
                   email_verified, created_at, last_login_at",
        id.0,
        changes.first_name.is_some(),
        value(&changes.first_name),
        changes.last_name.is_some(),
        value(&changes.last_name),
        changes.bio.is_some(),
        value(&changes.bio),
        changes.avatar_url.is_some(),
        value(&changes.avatar_url),
        changes.email,
    )
    .fetch_optional(executor)
    .await
}

pub async fn find_active_by_session(
    connection: &mut PgConnection,
    session: SessionId,
) -> sqlx::Result<Option<Account>> {
    query_as!(
        Account,
        "select u.id, u.username, u.email, u.first_name, u.last_name, u.bio, u.avatar_url, u.roles,
                u.active, u.email_verified, u.created_at, u.last_login_at
         from users u join sessions s on s.user_id = u.id
         where s.id = $1 and u.active",
        session.0,
    )
    .fetch_optional(connection)
    .await
}

pub async fn exists(executor: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<bool> {
    let row = query!("select id from users where id = $1", id.0).fetch_optional(executor).await?;
    Ok(row.is_some())
}
