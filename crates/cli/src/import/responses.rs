//! Reads from the gateway's responses whether and when to retry, and what is wrong.

use std::{collections::BTreeMap, time::Duration};

use reqwest::{Response, StatusCode, header};
use serde::Deserialize;

/// The wait after the first attempt, when the gateway names none; each later one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// The longest wait between two attempts, whatever `Retry-After` says.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The fields of a problem+json answer that are read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    detail: String,
    errors: BTreeMap<String, Vec<String>>,
}

/// Tells whether the gateway turned the call away; such a call had no effect.
pub fn is_rate_limited(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
}

/// Tells whether the gateway turned the call away for a moment: a rate limit that refills steadily, and no
/// limit of a day.
pub fn is_put_off(response: &Response) -> bool {
    is_rate_limited(response.status())
        && retry_after(response).is_some_and(|wait| wait <= LONGEST_WAIT)
}

/// Tells whether to retry later. The call may have had its effect, so it must be repeatable.
pub fn is_retryable(status: StatusCode) -> bool {
    is_rate_limited(status) || status == StatusCode::SERVICE_UNAVAILABLE
}

/// Returns the wait that a response asks for, within limits.
pub fn retry_delay(response: &Response, attempt: u32) -> Duration {
    retry_after(response).unwrap_or_else(|| backoff(attempt)).min(LONGEST_WAIT)
}

/// Returns the wait after an attempt without a response that names one.
pub fn backoff(attempt: u32) -> Duration {
    FIRST_WAIT * 2u32.pow(attempt - 1)
}

/// Reads `Retry-After` in seconds; the gateway does not send its form with a date.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds =
        response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Returns the error that a response names: every bad field, else the detail, else the status.
pub async fn error_message(response: Response) -> String {
    let status = response.status();
    let problem: Problem = response.json().await.unwrap_or_default();
    if !problem.errors.is_empty() {
        let fields: Vec<String> = problem
            .errors
            .iter()
            .map(|(field, problems)| format!("{field}: {}", problems.join(", ")))
            .collect();
        return fields.join("; ");
    }
    if problem.detail.is_empty() {
        status.to_string()
    } else {
        format!("{} ({status})", problem.detail)
    }
}
