use crate::{error::ServiceError, service::settlement, state::AppState};

/// Settles purchases that a crash, a lost connection or a late answer of the provider left pending.
pub async fn settle_purchases(state: AppState) -> Result<(), ServiceError> {
    let settled = settlement::settle_overdue(&state).await?;
    if settled > 0 {
        tracing::info!(settled, "settled pending purchases");
    }
    Ok(())
}
