//! Whether names are taken, found by looking: the error of a violated constraint would carry them into the
//! database's log.

use ids::UserId;
use sqlx::{PgConnection, query, query_as, query_scalar};

use crate::domain::{NewAccount, names::fold};

/// Holds an email address until the transaction ends: who else wants it waits, and then finds it taken
/// without violating the constraint, whose error would carry the address into the database's log.
pub async fn lock_email(connection: &mut PgConnection, email: &str) -> sqlx::Result<()> {
    query!("select pg_advisory_xact_lock(hashtextextended($1, $2))", fold(email), EMAIL_LOCKS)
        .execute(connection)
        .await?;
    Ok(())
}

/// Any number will do, as long as nothing else in the database uses it.
const EMAIL_LOCKS: i64 = 0x0065_6d61_696c_7300;

/// Which names of an account are someone else's already.
pub struct Taken {
    pub username: bool,
    pub email: bool,
}

pub async fn taken(connection: &mut PgConnection, new: &NewAccount) -> sqlx::Result<Taken> {
    query_as!(
        Taken,
        r#"select exists (select from users where username_folded = $1) as "username!",
                  exists (select from users where email_folded = $2) as "email!""#,
        fold(&new.username),
        fold(&new.email),
    )
    .fetch_one(connection)
    .await
}

/// Whether an email address is another account's.
pub async fn email_is_taken(
    connection: &mut PgConnection,
    email: &str,
    by_other_than: UserId,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (
               select from users where email_folded = $1 and id <> $2) as "taken!""#,
        fold(email),
        by_other_than.0,
    )
    .fetch_one(connection)
    .await
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;
    use crate::{domain::Origin, repo::users};

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
            let origin = Origin::Registration;
            users::insert(&mut connection, id, new, "hash", origin).await.unwrap().is_some()
        };
        assert!(insert(&account("ada", "ada@example.com")).await);
        assert!(!insert(&account("eve", "ADA@example.com")).await);
        assert!(!insert(&account("ADA", "eve@example.com")).await);
        assert!(insert(&account("eve", "eve@example.com")).await);
    }
}
