//! Getting an answer from a service: which instance is asked, and which after it.

use std::{net::SocketAddr, time::Duration};

use http::Response;
use tokio::time::{Instant, sleep};

use super::{
    answer::AnswerBody,
    attempt::{AttemptError, Outbound, attempt},
    balance::random_fraction,
    service::Upstream,
};

/// The most instances that one request is sent to.
const MAX_ATTEMPTS: usize = 5;

/// The longest pause before a request is repeated; each is a random part of it, so that requests that
/// failed together do not come back together.
const LONGEST_PAUSE: Duration = Duration::from_millis(25);

/// An answer, and the instance that gave it.
pub struct Answer {
    pub response: Response<AnswerBody>,
    pub instance: SocketAddr,
}

/// Sends a request until it is answered or may be sent no more.
///
/// What was never sent goes to another instance, whatever its method. What was sent and got no answer is
/// repeated once, if it can be and the budget allows. An answer is passed on, whatever its status.
///
/// # Errors
/// The last attempt's; `None` where no instance is known.
pub async fn send(
    upstream: &Upstream,
    outbound: &mut Outbound,
) -> Result<Answer, Option<AttemptError>> {
    upstream.budget.deposit();
    let mut tried: Vec<SocketAddr> = Vec::new();
    let mut is_repeated = false;
    let mut must_be_fresh = false;
    let mut last = None;
    let mut now = outbound.started;
    for _ in 0..MAX_ATTEMPTS {
        let may_repeat = outbound.can_repeat();
        // A repetition may go to the instance that failed when there is no other.
        let instance = upstream
            .pick(&tried, may_repeat, now)
            .or_else(|| if is_repeated { upstream.pick(&[], may_repeat, now) } else { None });
        let Some(instance) = instance else { break };
        let may_leave = || !is_repeated && upstream.is_ready() && upstream.budget.withdraw();
        let error = match attempt(&instance, outbound, (must_be_fresh, now), may_leave).await {
            Ok(response) => return Ok(Answer { response, instance: instance.address }),
            Err(error) => error,
        };
        tracing::debug!(instance = %instance.address, ?error, "no answer");
        match &error {
            AttemptError::Unsent { was_fresh: false } => must_be_fresh = true,
            AttemptError::Refused(_) | AttemptError::Unsent { .. } => tried.push(instance.address),
            AttemptError::TimedOut => return Err(Some(error)),
            AttemptError::NoAnswer(_) | AttemptError::Unexpected(_)
                if is_repeated || !outbound.can_repeat() || !upstream.budget.withdraw() =>
            {
                return Err(Some(error));
            }
            AttemptError::Hanging | AttemptError::NoAnswer(_) | AttemptError::Unexpected(_) => {
                is_repeated = true;
                upstream.count_retry();
                must_be_fresh = true;
                tried.push(instance.address);
                Box::pin(sleep(LONGEST_PAUSE.mul_f64(random_fraction()))).await;
            }
        }
        last = Some(error);
        now = Instant::now();
    }
    Err(last)
}
