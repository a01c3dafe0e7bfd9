use service_kit::Next;

use crate::{error::ServiceError, service::prompt_copies, state::AppState};

/// Refreshes the copies of prompts in the next batch of listings.
pub async fn refresh_prompt_copies(state: AppState) -> Result<Next, ServiceError> {
    Ok(Next::at_once_if(prompt_copies::refresh_next(&state).await?))
}
