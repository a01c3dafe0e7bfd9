//! The table `users`: accounts.

pub mod admins;
mod columns;
pub mod credentials;
mod like;
pub mod profiles;
pub mod search;
pub mod taken_names;

use auth::Role;
use ids::UserId;
use sqlx::{PgConnection, PgExecutor, query, query_scalar};

use crate::domain::{Account, AccountChanges, AccountOrigin, Credentials, NewAccount, fold_name};
use columns::account_query;
pub(super) use columns::profile_of;

/// Inserts an account. Returns `None` when the username or the email address is taken. The caller
/// holds the lock of the address ([`taken_names::lock_email`]).
pub async fn insert(
    connection: &mut PgConnection,
    id: UserId,
    new: &NewAccount,
    password_hash: &str,
    origin: AccountOrigin,
) -> sqlx::Result<Option<Account>> {
    let roles: Vec<String> = origin.roles().iter().map(Role::to_string).collect();
    account_query!(
        "insert into users (id, username, email, password_hash, first_name, last_name, roles,
                            last_login_at, made_from_settings)
         values ($1, $2, $3, $4, $5, $6, $7, case when $8 then null else now() end, $8)
         on conflict do nothing
         returning ",
        "",
        id.0,
        new.username,
        new.email,
        password_hash,
        new.first_name,
        new.last_name,
        &roles,
        origin == AccountOrigin::Settings,
    )
    .fetch_optional(connection)
    .await
}

pub async fn find(executor: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<Option<Account>> {
    account_query!("select ", " from users where id = $1", id.0).fetch_optional(executor).await
}

/// Finds an account that is not suspended.
pub async fn find_active(
    connection: &mut PgConnection,
    id: UserId,
) -> sqlx::Result<Option<Account>> {
    account_query!("select ", " from users where id = $1 and active", id.0)
        .fetch_optional(connection)
        .await
}

/// Returns whether there is an account with this id that is not suspended.
pub async fn is_active(executor: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (select from users where id = $1 and active) as "active!""#,
        id.0,
    )
    .fetch_one(executor)
    .await
}

/// Changes an account. Another email address is taken only with the credentials that were checked for
/// it, while the password is still the same; the same address in other letters needs none. Returns
/// `None` when the account is gone, or another address was not allowed.
pub async fn update(
    executor: impl PgExecutor<'_>,
    id: UserId,
    changes: &AccountChanges,
    checked: Option<&Credentials>,
) -> sqlx::Result<Option<Account>> {
    let value = |change: &Option<Option<String>>| change.clone().flatten();
    account_query!(
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
         returning ",
        "",
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
        changes.email.as_deref().map(fold_name),
        checked.map(|credentials| credentials.password_version),
    )
    .fetch_optional(executor)
    .await
}

/// Deletes an account with its sessions and follows.
pub async fn delete(connection: &mut PgConnection, id: UserId) -> sqlx::Result<()> {
    query!("delete from users where id = $1", id.0).execute(connection).await?;
    Ok(())
}
