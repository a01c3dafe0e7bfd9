use crate::{error::ServiceError, service::refunds, state::AppState};

/// Settles refunds that a crash, a lost connection or a late answer of the provider left requested.
pub async fn settle_refunds(state: AppState) -> Result<(), ServiceError> {
    let settled = refunds::settle_overdue(&state).await?;
    if settled > 0 {
        tracing::info!(settled, "settled requested refunds");
    }
    Ok(())
}
