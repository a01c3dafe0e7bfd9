//! What an instance's answers say of it: when it is ejected, and how it comes back.
//!
//! An ejected instance gets a trial once its time is over: one request at a time. A whole answer ends the
//! ejection; after that the instance takes part in more and more choices, until it takes part in all.

use std::time::Duration;

use tokio::time::Instant;

/// The failures in a row after which an instance is ejected.
const MAX_FAILURES: u32 = 3;

/// The time for which an instance is ejected first; it doubles each time, up to the longest.
const EJECTED_FOR: Duration = Duration::from_secs(1);
const LONGEST_EJECTION: Duration = Duration::from_secs(30);

/// The time after which a trial without an outcome makes room for another: its client may have left.
const TRIAL_DEADLINE: Duration = Duration::from_secs(5);

/// The time over which an instance comes back, and the share of choices that it begins with.
const RETURN_TIME: Duration = Duration::from_secs(10);
const FIRST_SHARE: f64 = 0.1;

/// The time for which a failure makes an instance less likely to be picked.
const PENALTY_TIME: Duration = Duration::from_secs(2);

/// The record of one instance.
#[derive(Default)]
pub struct Outlier {
    failures: u32,
    ejections: u32,
    ejected_until: Option<Instant>,
    trial_until: Option<Instant>,
    returned_at: Option<Instant>,
    penalized_until: Option<Instant>,
}

/// Whether an instance may be picked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standing {
    /// It takes part in this share of choices.
    Good {
        share: f64,
    },
    /// One request may try it.
    OnTrial,
    Ejected,
}

impl Outlier {
    pub fn standing(&self, now: Instant) -> Standing {
        match (self.ejected_until, self.trial_until) {
            (None, _) => Standing::Good { share: self.share(now) },
            (Some(until), _) if now < until => Standing::Ejected,
            (Some(_), Some(until)) if now < until => Standing::Ejected,
            (Some(_), _) => Standing::OnTrial,
        }
    }

    fn share(&self, now: Instant) -> f64 {
        let Some(since) = self.returned_at else { return 1.0 };
        let share = now.saturating_duration_since(since).div_duration_f64(RETURN_TIME);
        share.clamp(FIRST_SHARE, 1.0)
    }

    /// Tells whether the instance failed lately. Failing takes little time, and would else look like
    /// having little to do.
    pub fn is_penalized(&self, now: Instant) -> bool {
        self.penalized_until.is_some_and(|until| now < until)
    }

    /// Records that a request was given to the instance.
    pub fn begin(&mut self, now: Instant) {
        if self.ejected_until.is_some() {
            self.trial_until = Some(now + TRIAL_DEADLINE);
        }
    }

    /// Records a whole answer.
    pub fn succeed(&mut self, now: Instant) {
        self.failures = 0;
        if self.ejected_until.is_some_and(|until| now >= until) {
            self.come_back(now);
        }
        if self.ejected_until.is_none() && self.share(now) >= 1.0 {
            self.returned_at = None;
            self.ejections = 0;
        }
    }

    /// Records that the instance answered with an error of its own, which is an answer all the same.
    pub fn penalize(&mut self, now: Instant) {
        self.penalized_until = Some(now + PENALTY_TIME);
    }

    /// Records that no answer came, or a broken one; returns whether this ejected the instance.
    pub fn fail(&mut self, now: Instant) -> bool {
        self.penalize(now);
        self.failures += 1;
        if self.failures < MAX_FAILURES && self.ejected_until.is_none() {
            return false;
        }
        self.eject(now)
    }

    /// Ejects the instance at once: it takes no connections. Returns whether it was not ejected before.
    pub fn eject(&mut self, now: Instant) -> bool {
        self.penalize(now);
        self.trial_until = None;
        if self.ejected_until.is_some_and(|until| now < until) {
            return false;
        }
        let time = EJECTED_FOR * 2_u32.pow(self.ejections.min(10));
        self.ejected_until = Some(now + time.min(LONGEST_EJECTION));
        self.ejections += 1;
        true
    }

    /// Ends an ejection: from now on the instance takes part in more and more choices.
    pub fn come_back(&mut self, now: Instant) {
        self.failures = 0;
        self.ejected_until = None;
        self.trial_until = None;
        self.penalized_until = None;
        self.returned_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: f64) -> Duration {
        Duration::from_secs_f64(n)
    }

    fn is_good(outlier: &Outlier, now: Instant) -> bool {
        matches!(outlier.standing(now), Standing::Good { .. })
    }

    #[test]
    fn some_failures_in_a_row_eject_and_a_whole_answer_between_them_does_not() {
        let (mut outlier, now) = (Outlier::default(), Instant::now());
        for _ in 0..10 {
            assert!(!outlier.fail(now) && !outlier.fail(now));
            outlier.succeed(now);
        }
        assert!(is_good(&outlier, now));
        assert!(!outlier.fail(now) && !outlier.fail(now) && outlier.fail(now));
        assert_eq!(outlier.standing(now), Standing::Ejected);
    }

    #[test]
    fn an_ejected_instance_gets_one_trial_at_a_time_and_a_trial_ends_by_time() {
        let (mut outlier, start) = (Outlier::default(), Instant::now());
        assert!(outlier.eject(start));
        assert_eq!(outlier.standing(start + second(0.9)), Standing::Ejected);
        assert_eq!(outlier.standing(start + second(1.0)), Standing::OnTrial);
        outlier.begin(start + second(1.0));
        assert_eq!(outlier.standing(start + second(5.9)), Standing::Ejected);
        assert_eq!(outlier.standing(start + second(6.0)), Standing::OnTrial);
    }

    #[test]
    fn ejections_get_longer_until_an_instance_has_been_well_for_a_while() {
        let (mut outlier, mut now) = (Outlier::default(), Instant::now());
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            outlier.eject(now);
            let until = now + Duration::from_secs(seconds);
            assert_eq!(outlier.standing(until - second(0.01)), Standing::Ejected);
            assert_eq!(outlier.standing(until), Standing::OnTrial);
            now = until;
        }
        outlier.succeed(now);
        now += RETURN_TIME;
        outlier.succeed(now);
        outlier.eject(now);
        assert_eq!(outlier.standing(now + second(1.0)), Standing::OnTrial);
    }

    #[test]
    fn an_instance_comes_back_slowly() {
        let (mut outlier, mut now) = (Outlier::default(), Instant::now());
        outlier.eject(now);
        now += second(1.0);
        outlier.succeed(now);
        assert_eq!(outlier.standing(now), Standing::Good { share: FIRST_SHARE });
        assert_eq!(outlier.standing(now + second(5.0)), Standing::Good { share: 0.5 });
        assert_eq!(outlier.standing(now + second(10.0)), Standing::Good { share: 1.0 });
    }

    #[test]
    fn answers_to_requests_from_before_the_ejection_do_not_end_it() {
        let (mut outlier, now) = (Outlier::default(), Instant::now());
        outlier.eject(now);
        outlier.succeed(now + second(0.5));
        assert_eq!(outlier.standing(now + second(0.5)), Standing::Ejected);
    }
}
