use crate::{error::ServiceError, service::purchase_idempotency, state::AppState};

/// Deletes idempotency keys of purchases that are older than a day.
pub async fn run(state: &AppState) -> Result<(), ServiceError> {
    purchase_idempotency::delete_expired(state).await?;
    Ok(())
}
