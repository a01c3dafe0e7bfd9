//! The outcomes of requests.

use std::time::Duration;

use promptforge::fleet::Process;
use tokio::time::Instant;

/// A kind of request.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The service that answers.
    pub service: Process,
    /// A write; it may fail where it was sent and not answered.
    pub is_write: bool,
}

/// A request that has ended.
#[derive(Clone, Debug)]
pub struct Sample {
    pub route: Route,
    pub sent: Instant,
    pub took: Duration,
    /// The reason why the request failed; `None` for one that succeeded.
    pub failure: Option<String>,
}

/// A time, such as that of one accident.
#[derive(Clone, Debug)]
pub struct Window {
    pub name: &'static str,
    pub from: Instant,
    pub to: Instant,
    /// The services that the accident happens to.
    pub affected: &'static [Process],
    /// The services that have no instance meanwhile.
    pub absent: &'static [Process],
}

impl Window {
    /// Tells whether a request was under way within this time.
    pub fn contains(&self, sample: &Sample) -> bool {
        sample.sent <= self.to && sample.sent + sample.took >= self.from
    }
}

/// Returns the time within which all but a hundredth of the requests ended; none for too few.
pub fn p99(mut times: Vec<Duration>) -> Option<Duration> {
    const ENOUGH: usize = 50;
    times.sort_unstable();
    (times.len() >= ENOUGH).then(|| times[(times.len() * 99).div_ceil(100) - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundredth_of_the_times_is_above_p99() {
        let times = |count: u64| (1..=count).rev().map(Duration::from_millis).collect();
        assert_eq!(p99(times(200)), Some(Duration::from_millis(198)));
        assert_eq!(p99(times(49)), None);
    }
}
