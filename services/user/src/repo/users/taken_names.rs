//! Usernames and email addresses that are taken, found by a query: the error of a violated constraint
//! would carry them into the database's log.

use ids::UserId;
use sqlx::{PgConnection, query, query_as, query_scalar};

use crate::domain::{NewAccount, fold_name};

/// The namespace of the advisory locks: any number that nothing else in the database uses.
const EMAIL_LOCKS: i64 = 0x0065_6d61_696c_7300;

/// Locks an email address until the transaction ends: another transaction that wants it waits, and
/// then finds it taken without violating the constraint.
pub async fn lock_email(connection: &mut PgConnection, email: &str) -> sqlx::Result<()> {
    query!("select pg_advisory_xact_lock(hashtextextended($1, $2))", fold_name(email), EMAIL_LOCKS)
        .execute(connection)
        .await?;
    Ok(())
}

/// The names of a new account that another account already has.
pub struct TakenNames {
    pub username: bool,
    pub email: bool,
}

pub async fn find_taken_names(
    connection: &mut PgConnection,
    new: &NewAccount,
) -> sqlx::Result<TakenNames> {
    query_as!(
        TakenNames,
        r#"select exists (select from users where username_folded = $1) as "username!",
                  exists (select from users where email_folded = $2) as "email!""#,
        fold_name(&new.username),
        fold_name(&new.email),
    )
    .fetch_one(connection)
    .await
}

/// Returns whether another account than `own` has an email address.
pub async fn is_email_taken(
    connection: &mut PgConnection,
    email: &str,
    own: UserId,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (
               select from users where email_folded = $1 and id <> $2) as "taken!""#,
        fold_name(email),
        own.0,
    )
    .fetch_one(connection)
    .await
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;
    use crate::{domain::AccountOrigin, repo::users};

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn a_name_that_is_taken_violates_no_constraint_whose_error_would_show_it(pool: PgPool) {
        let account = |username: &str, email: &str| NewAccount {
            username: username.to_owned(),
            email: email.to_owned(),
            first_name: None,
            last_name: None,
        };
        let mut connection = pool.acquire().await.unwrap();
        let mut insert = async |new: &NewAccount| {
            let id = UserId::new();
            let origin = AccountOrigin::Registration;
            users::insert(&mut connection, id, new, "hash", origin).await.unwrap().is_some()
        };
        assert!(insert(&account("ada", "ada@example.com")).await);
        assert!(!insert(&account("eve", "ADA@example.com")).await);
        assert!(!insert(&account("ADA", "eve@example.com")).await);
        assert!(insert(&account("eve", "eve@example.com")).await);
    }
}
