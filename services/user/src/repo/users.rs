//! Accounts.

use auth::Role;
use ids::UserId;
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};

use crate::domain::{Account, Changes, Credentials, NewAccount, Origin, Profile, names::fold};

/// `None` when the username or the email address is taken. The caller holds the
/// address ([`super::names::lock_email`]).
pub async fn insert(
    connection: &mut PgConnection,
    id: UserId,
    new: &NewAccount,
    password_hash: &str,
    origin: Origin,
) -> sqlx::Result<Option<Account>> {
    let roles: Vec<String> = origin.roles().iter().map(Role::to_string).collect();
    query_as!(
        Account,
        "insert into users (id, username, email, password_hash, first_name, last_name, roles,
                            last_login_at, made_from_settings)
         values ($1, $2, $3, $4, $5, $6, $7, case when $8 then null else now() end, $8)
         on conflict do nothing
         returning id, username, email, first_name, last_name, bio, avatar_url, roles, active,
                   email_verified, created_at, last_login_at",
        id.0,
        new.username,
        new.email,
        password_hash,
        new.first_name,
        new.last_name,
        &roles,
        origin == Origin::Settings,
    )
    .fetch_optional(connection)
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

/// Of an account that is not suspended.
pub async fn profile(executor: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<Option<Profile>> {
    query_as!(
        Profile,
        "select id, username, first_name, last_name, bio, avatar_url, created_at
         from users where id = $1 and active",
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

/// Of an account that is not suspended.
pub async fn profile_by_username(
    executor: impl PgExecutor<'_>,
    username: &str,
) -> sqlx::Result<Option<Profile>> {
    query_as!(
        Profile,
        "select id, username, first_name, last_name, bio, avatar_url, created_at
         from users where username_folded = $1 and active",
        fold(username),
    )
    .fetch_optional(executor)
    .await
}

/// By email address or username. A username cannot hold an `@`, so at most one row.
pub async fn credentials_by_login(
    executor: impl PgExecutor<'_>,
    name: &str,
) -> sqlx::Result<Option<Credentials>> {
    query_as!(
        Credentials,
        "select id, password_hash, password_version
         from users where email_folded = $1 or username_folded = $1",
        fold(name),
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

/// Locks an account until the transaction ends, as every change of it does first. `None` when the
/// password was changed or the account deleted since the credentials were read.
pub async fn lock(
    connection: &mut PgConnection,
    checked: &Credentials,
) -> sqlx::Result<Option<Account>> {
    query_as!(
        Account,
        "select id, username, email, first_name, last_name, bio, avatar_url, roles, active,
                email_verified, created_at, last_login_at
         from users where id = $1 and password_version = $2 for update",
        checked.id.0,
        checked.password_version,
    )
    .fetch_optional(connection)
    .await
}

/// Deletes an account with its sessions and follows.
pub async fn delete(connection: &mut PgConnection, id: UserId) -> sqlx::Result<()> {
    query!("delete from users where id = $1", id.0).execute(connection).await?;
    Ok(())
}

/// Changes an account. Another email address is taken only with the credentials that were checked for
/// it, while the password is still the same; the same address in other letters needs none. `None` when
/// the account is gone, or another address was not allowed.
pub async fn update(
    executor: impl PgExecutor<'_>,
    id: UserId,
    changes: &Changes,
    checked: Option<&Credentials>,
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
             email_verified = email_verified and email_folded = coalesce($11, email_folded),
             updated_at = now()
         where id = $1
           and (email_folded = coalesce($11, email_folded) or (active and password_version = $12))
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
        changes.email.as_deref().map(fold),
        checked.map(|credentials| credentials.password_version),
    )
    .fetch_optional(executor)
    .await
}

/// The account, unless it is suspended.
pub async fn find_active(
    connection: &mut PgConnection,
    id: UserId,
) -> sqlx::Result<Option<Account>> {
    query_as!(
        Account,
        "select id, username, email, first_name, last_name, bio, avatar_url, roles, active,
                email_verified, created_at, last_login_at
         from users where id = $1 and active",
        id.0,
    )
    .fetch_optional(connection)
    .await
}

/// Whether there is such an account that is not suspended.
pub async fn is_active(executor: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (select from users where id = $1 and active) as "active!""#,
        id.0,
    )
    .fetch_one(executor)
    .await
}
