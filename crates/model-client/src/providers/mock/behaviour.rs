//! The behaviour of a mock model, read from its name.

use std::time::Duration;

/// The time that `slow` takes without a number.
const SLOW: Duration = Duration::from_millis(200);

const SLOWEST_MS: u64 = 60_000;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Behaviour {
    pub slow: Option<Duration>,
    pub is_echo: bool,
    pub fails: bool,
    pub is_flaky: bool,
    pub is_cut: bool,
    pub rate_limit: RateLimit,
    /// A number that only makes the question another one.
    seed: Option<u64>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub enum RateLimit {
    #[default]
    Never,
    Once,
    Always,
}

/// Another name of `mock`.
pub const ALIAS: &str = "mock-model";

impl Behaviour {
    /// Reads a name; `None` when there is no such model.
    pub fn parse(model: &str) -> Option<Self> {
        if model == ALIAS {
            return Some(Self::default());
        }
        let mut words = model.split('-').peekable();
        if words.next() != Some("mock") {
            return None;
        }
        let mut behaviour = Self::default();
        while let Some(word) = words.next() {
            let first_time = match word {
                "slow" => {
                    let slow = match words.next_if(|word| is_number(word)) {
                        Some(ms) => {
                            let ms = ms.parse().ok().filter(|ms| *ms <= SLOWEST_MS)?;
                            Duration::from_millis(ms)
                        }
                        None => SLOW,
                    };
                    behaviour.slow.replace(slow).is_none()
                }
                "seed" => behaviour.seed.replace(words.next()?.parse().ok()?).is_none(),
                "rate" => {
                    words.next_if_eq(&"limited")?;
                    let limit = match words.next_if_eq(&"once") {
                        Some(_) => RateLimit::Once,
                        None => RateLimit::Always,
                    };
                    std::mem::replace(&mut behaviour.rate_limit, limit) == RateLimit::Never
                }
                "echo" => !std::mem::replace(&mut behaviour.is_echo, true),
                "fail" => !std::mem::replace(&mut behaviour.fails, true),
                "flaky" => !std::mem::replace(&mut behaviour.is_flaky, true),
                "cut" => !std::mem::replace(&mut behaviour.is_cut, true),
                _ => return None,
            };
            if !first_time {
                return None;
            }
        }
        Some(behaviour)
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_order() {
        assert_eq!(Behaviour::parse("mock").unwrap(), Behaviour::default());
        assert_eq!(Behaviour::parse("mock-model").unwrap(), Behaviour::default());
        let both = Behaviour::parse("mock-slow-1500-cut-seed-7").unwrap();
        assert_eq!(both, Behaviour::parse("mock-seed-7-cut-slow-1500").unwrap());
        assert_eq!(both.slow, Some(Duration::from_millis(1500)));
        assert_eq!(Behaviour::parse("mock-slow").unwrap().slow, Some(SLOW));
        assert_eq!(Behaviour::parse("mock-rate-limited").unwrap().rate_limit, RateLimit::Always);
        assert_eq!(Behaviour::parse("mock-rate-limited-once").unwrap().rate_limit, RateLimit::Once);
    }

    #[test]
    fn other_names_are_no_models() {
        for name in [
            "",
            "mocking",
            "mock-",
            "mock-2",
            "mock-model-slow",
            "mock-slow-60001",
            "mock-slow--1",
            "mock-slow-slow",
            "mock-seed",
            "mock-seed-x",
            "mock-rate",
            "mock-once",
            "mock-cut-cut",
            "Mock",
            "gpt-4o",
        ] {
            assert_eq!(Behaviour::parse(name), None, "{name}");
        }
    }
}
