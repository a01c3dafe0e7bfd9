//! Credentials, and changes that hold only while they are still the same.

use ids::UserId;
use sqlx::{PgConnection, PgExecutor, query_as};

use super::columns::account_query;
use crate::domain::{Account, Credentials, fold_name};

pub async fn find(executor: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<Option<Credentials>> {
    query_as!(
        Credentials,
        "select id, password_hash, password_version from users where id = $1",
        id.0,
    )
    .fetch_optional(executor)
    .await
}

/// Finds credentials by email address or username. A username cannot hold an `@`, so there is at most
/// one row.
pub async fn find_by_name(
    executor: impl PgExecutor<'_>,
    name: &str,
) -> sqlx::Result<Option<Credentials>> {
    query_as!(
        Credentials,
        "select id, password_hash, password_version
         from users where email_folded = $1 or username_folded = $1",
        fold_name(name),
    )
    .fetch_optional(executor)
    .await
}

/// Records the time of a login, and the password's new hash, if there is one. Returns `None` when the
/// password was changed or the account deleted since the credentials were read.
pub async fn record_login(
    connection: &mut PgConnection,
    checked: &Credentials,
    renewed_hash: Option<&str>,
) -> sqlx::Result<Option<Account>> {
    account_query!(
        "update users set last_login_at = now(), password_hash = coalesce($3, password_hash)
         where id = $1 and password_version = $2
         returning ",
        "",
        checked.id.0,
        checked.password_version,
        renewed_hash,
    )
    .fetch_optional(connection)
    .await
}

/// Sets a password. Returns `None` when the password was changed or the account deleted since the
/// credentials were read.
pub async fn set_password(
    connection: &mut PgConnection,
    checked: &Credentials,
    new_hash: &str,
) -> sqlx::Result<Option<Account>> {
    account_query!(
        "update users
         set password_hash = $3, password_version = password_version + 1, updated_at = now()
         where id = $1 and password_version = $2
         returning ",
        "",
        checked.id.0,
        checked.password_version,
        new_hash,
    )
    .fetch_optional(connection)
    .await
}

/// Locks an account until the transaction ends, as every change of it does first. Returns `None` when
/// the password was changed or the account deleted since the credentials were read.
pub async fn lock_account(
    connection: &mut PgConnection,
    checked: &Credentials,
) -> sqlx::Result<Option<Account>> {
    account_query!(
        "select ",
        " from users where id = $1 and password_version = $2 for update",
        checked.id.0,
        checked.password_version,
    )
    .fetch_optional(connection)
    .await
}
