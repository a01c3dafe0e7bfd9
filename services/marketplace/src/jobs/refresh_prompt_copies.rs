use crate::{error::ServiceError, service::prompt_copies, state::AppState};

/// Refreshes the copies of prompts in all listings, a batch after the other.
pub async fn run(state: &AppState) -> Result<(), ServiceError> {
    while prompt_copies::refresh_next(state).await? {}
    Ok(())
}
