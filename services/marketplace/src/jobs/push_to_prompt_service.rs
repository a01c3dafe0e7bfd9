use crate::{error::ServiceError, service::prompt_sync, state::AppState};

/// Pushes changes that did not reach the prompt service with their request.
pub async fn push_to_prompt_service(state: AppState) -> Result<(), ServiceError> {
    prompt_sync::push_due(&state).await?;
    Ok(())
}
