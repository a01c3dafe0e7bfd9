//! The settings of rate limits: a profile, and an override for each class.

use std::{num::NonZeroU32, str::FromStr, time::Duration};

use governor::Quota;
use http_kit::config::{Env, RateLimitProfile};

use crate::routes::LimitClass;

/// The longest time in which a quota refills: what is counted must not outlive a day.
const LONGEST_WINDOW: Duration = Duration::from_secs(24 * 3600);

const GRAMMAR: &str = "must be `off`, or `<count>/<s|min|h>` with an optional ` burst <count>`, as in `10/min burst 5`";

/// A limit: a quota of requests that may come at once, and that refills steadily.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The requests that may come at once.
    pub burst: NonZeroU32,
    /// The time in which one request of the quota comes back.
    pub interval: Duration,
}

impl Limit {
    /// Returns the limit of `count` requests in `period`, all of which may come at once; `None` if it
    /// is none.
    fn new(count: u32, period: Duration, burst: u32) -> Option<Self> {
        let interval = period.checked_div(count).filter(|interval| !interval.is_zero())?;
        let limit = Self { burst: NonZeroU32::new(burst)?, interval };
        (interval.checked_mul(burst)? <= LONGEST_WINDOW).then_some(limit)
    }

    /// Returns the time in which the whole quota refills.
    pub fn window(self) -> Duration {
        self.interval * self.burst.get()
    }

    pub(super) fn quota(self) -> Option<Quota> {
        Some(Quota::with_period(self.interval)?.allow_burst(self.burst))
    }
}

/// A value of a setting: `None` for no limit.
struct Setting(Option<Limit>);

impl FromStr for Setting {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self(None));
        }
        let (rate, burst) = match text.split_once(" burst ") {
            Some((rate, burst)) => (rate, Some(burst)),
            None => (text, None),
        };
        let (count, unit) = rate.split_once('/').ok_or(GRAMMAR)?;
        let count = count.trim().parse().map_err(|_| GRAMMAR)?;
        let burst = burst.map_or(Ok(count), |burst| burst.trim().parse().map_err(|_| GRAMMAR))?;
        let seconds = match unit.trim() {
            "s" => 1,
            "min" => 60,
            "h" => 3600,
            _ => return Err(GRAMMAR),
        };
        if count == 0 || burst == 0 {
            return Err("must allow at least one request; `off` is no limit");
        }
        let limit = Limit::new(count, Duration::from_secs(seconds), burst);
        limit.map(|limit| Self(Some(limit))).ok_or("must refill within a day")
    }
}

/// The limit of each class, in the order of [`LimitClass::ALL`]; `None` for a class without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits([Option<Limit>; 6]);

impl Limits {
    /// Reads `RATE_LIMIT_PROFILE` and the setting of each class, which overrides the profile.
    pub fn read(env: &mut Env) -> Self {
        let profile = env.parse_or("RATE_LIMIT_PROFILE", RateLimitProfile::Production);
        Self(LimitClass::ALL.map(|class| {
            let default =
                if profile == RateLimitProfile::Production { production(class) } else { None };
            env.parse_or(class.setting(), Setting(default)).0
        }))
    }

    pub(super) fn of(&self, class: LimitClass) -> Option<Limit> {
        self.0[class as usize]
    }
}

/// Returns the limit of a class in production.
fn production(class: LimitClass) -> Option<Limit> {
    let count = match class {
        // More than the wrong passwords that the user service takes for one name: it is the one that
        // knows whose right password must not be locked out.
        LimitClass::Login => 20,
        LimitClass::Register => 5,
        LimitClass::Write => 120,
        LimitClass::Read => 1200,
        LimitClass::Test => 60,
        LimitClass::Purchase => 30,
    };
    Limit::new(count, Duration::from_secs(60), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Limits, String> {
        let mut env = Env::with(settings.iter().copied());
        let limits = Limits::read(&mut env);
        env.finish(limits).map_err(|error| error.to_string())
    }

    fn limit(count: u32, seconds: u64, burst: u32) -> Option<Limit> {
        Limit::new(count, Duration::from_secs(seconds), burst)
    }

    #[test]
    fn a_class_has_the_limit_of_the_profile_or_its_own() {
        let limits = read(&[
            ("RATE_LIMIT_LOGIN", "100/h"),
            ("RATE_LIMIT_WRITES", "off"),
            ("RATE_LIMIT_READS", "20/s burst 50"),
        ])
        .unwrap();
        for (class, expected) in [
            (LimitClass::Login, limit(100, 3600, 100)),
            (LimitClass::Register, limit(5, 60, 5)),
            (LimitClass::Write, None),
            (LimitClass::Read, limit(20, 1, 50)),
            (LimitClass::Test, limit(60, 60, 60)),
            (LimitClass::Purchase, limit(30, 60, 30)),
        ] {
            assert_eq!(limits.of(class), expected, "{class:?}");
        }
        for profile in ["dev", "off"] {
            let limits = read(&[("RATE_LIMIT_PROFILE", profile), ("RATE_LIMIT_TESTS", "1/min")]);
            let limits = limits.unwrap();
            assert_eq!(limits.of(LimitClass::Login), None, "{profile}");
            assert_eq!(limits.of(LimitClass::Test), limit(1, 60, 1), "{profile}");
        }
    }

    #[test]
    fn every_bad_limit_is_named_in_one_error() {
        let bad = [
            ("RATE_LIMIT_PROFILE", "loose"),
            ("RATE_LIMIT_LOGIN", "ten"),
            ("RATE_LIMIT_REGISTER", "0/min"),
            ("RATE_LIMIT_WRITES", "10/day"),
            ("RATE_LIMIT_READS", "1/h burst 25"),
            ("RATE_LIMIT_TESTS", "10/min burst"),
            ("RATE_LIMIT_PURCHASES", "4000000000/s burst 4000000000"),
        ];
        for (name, value) in bad {
            assert!(read(&[(name, value)]).unwrap_err().contains(name), "{name}={value}");
        }
        let error = read(&bad).unwrap_err();
        for (name, _) in &bad[..6] {
            assert!(error.contains(name), "{name} in {error}");
        }
    }
}
