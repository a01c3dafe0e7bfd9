use crate::{error::ServiceError, service::purchase_idempotency, state::AppState};

/// Deletes idempotency keys of purchases that are older than a day.
pub async fn delete_old_purchase_keys(state: AppState) -> Result<(), ServiceError> {
    purchase_idempotency::delete_old(&state).await?;
    Ok(())
}
