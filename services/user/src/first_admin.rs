//! The administrator that settings name: there at every start, made when missing.

use std::time::Duration;

use auth::Role;
use tokio::time::sleep;

use crate::{
    domain::{FirstAdmin, NewAccount},
    error::ServiceError,
    repo::admins,
    service::accounts,
    state::AppState,
};

/// After a failure.
const PAUSE: Duration = Duration::from_secs(2);

/// Returns once there is an administrator with that email address; tries until then.
pub async fn ensure(state: &AppState, admin: &FirstAdmin) {
    loop {
        match make(state, admin).await {
            Ok(()) => return,
            Err(error) => tracing::warn!("the first administrator is not there yet: {error}"),
        }
        sleep(PAUSE).await;
    }
}

/// An account that is there is given the role, and keeps its password. Of several instances that
/// start at once one makes it, by the unique index on email addresses.
async fn make(state: &AppState, admin: &FirstAdmin) -> Result<(), ServiceError> {
    if admins::promote(&state.pool, &admin.email).await? {
        return Ok(());
    }
    let hash = state.hasher.turn().await?.hash(admin.password.clone()).await?;
    for username in admin.usernames() {
        let new =
            NewAccount { username, email: admin.email.clone(), first_name: None, last_name: None };
        let mut tx = state.pool.begin().await?;
        match accounts::create(&mut tx, &new, &hash, &[Role::User, Role::Admin], false).await {
            Ok(account) => {
                tx.commit().await?;
                state.outbox.notify_one();
                tracing::info!(user = %account.id, username = account.username, "made the first administrator");
                return Ok(());
            }
            Err(ServiceError::UsernameTaken) => {}
            // Someone else was faster: another instance, or a person.
            Err(ServiceError::EmailTaken) => {
                admins::promote(&state.pool, &admin.email).await?;
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
    Err(ServiceError::UsernameTaken)
}
