//! The views of one prompt, for those who may read it now.

use auth::Identity;
use ids::PromptId;
use timestamp::Timestamp;

use crate::{
    domain::{
        Interval, Period, PeriodViews,
        period::{DEFAULT_MONTH, Given},
    },
    error::ServiceError,
    service::prompt_views,
    state::AppState,
};

/// Returns the views of a prompt in a period, by day.
pub async fn get_prompt_statistics(
    state: &AppState,
    caller: Option<&Identity>,
    prompt: PromptId,
    given: Given,
) -> Result<PeriodViews, ServiceError> {
    let period = Period::new(given, Interval::Day, DEFAULT_MONTH, Timestamp::now())?;
    if !state.prompt_directory.may_read(caller, prompt).await? {
        return Err(ServiceError::PromptNotFound);
    }
    Ok(prompt_views::views_of_prompt(&state.pool, prompt, &period.days).await?)
}
