//! The waits before a provider is asked again, after it said that it cannot answer now.

use std::time::{Duration, SystemTime};

use aws_lc_rs::rand;
use http::{HeaderMap, header::RETRY_AFTER};

/// The most attempts of one call, the first included.
pub const MAX_ATTEMPTS: u32 = 3;

/// The longest wait within a call; for a longer one the test goes back to the queue.
pub const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The longest wait that a provider may ask for: a longer one may be a mistake.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// The first wait where the provider names none, doubled each time.
const BACKOFF: Duration = Duration::from_millis(500);

/// The time for which a test goes back to the queue when its provider names none.
const REQUEUE_DELAY: Duration = Duration::from_secs(10);

/// Tells whether a status says "not now" rather than "no". 529 is what an overloaded Anthropic answers.
pub fn is_transient(status: u16) -> bool {
    matches!(status, 429 | 500 | 502 | 503 | 504 | 529)
}

/// Returns the wait that the provider asks for: `retry-after-ms`, or `Retry-After` in seconds or as a
/// date.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(wait) = text("retry-after-ms").and_then(|ms| seconds(ms, 1000.0)) {
        return Some(wait);
    }
    let value = text(RETRY_AFTER.as_str())?;
    seconds(value, 1.0).or_else(|| {
        let date = httpdate::parse_http_date(value).ok()?;
        // One that is past already means: now.
        Some(date.duration_since(now).unwrap_or_default().min(LONGEST_RETRY_AFTER))
    })
}

/// Reads a number of units, of which `per_second` make a second; bounded.
pub fn seconds(number: &str, per_second: f64) -> Option<Duration> {
    let seconds = number.parse::<f64>().ok()? / per_second;
    let longest = LONGEST_RETRY_AFTER.as_secs_f64();
    (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(longest)))
}

/// Returns the wait after the attempt of this number, from 1. It is spread, so that tests that were turned
/// away together do not come back together.
pub fn backoff(attempt: u32, retry_after: Option<Duration>) -> Duration {
    let spread = random_fraction();
    match retry_after {
        Some(wait) => wait + Duration::from_millis(200).mul_f64(spread),
        None => BACKOFF.saturating_mul(1 << (attempt - 1).min(8)).mul_f64(0.5 + spread / 2.0),
    }
}

/// Returns the wait of a test whose answer broke off at its attempt of this number, from 1. The waits are
/// spread widely: a server that breaks off one answer to give another has most likely broken off
/// several at once.
pub fn delay_after_interruption(attempt: u32) -> Duration {
    BACKOFF.saturating_mul(attempt).mul_f64(1.0 + 4.0 * random_fraction())
}

/// Returns the time for which the test goes back to the queue.
pub fn requeue_delay(retry_after: Option<Duration>) -> Duration {
    retry_after.unwrap_or(REQUEUE_DELAY)
}

/// Returns a random number from 0 to 1.
fn random_fraction() -> f64 {
    let mut bytes = [0; 2];
    // Without randomness the waits are not spread; nothing else breaks.
    let _ = rand::fill(&mut bytes);
    f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&'static str, &str)]) -> Option<Duration> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        // 1994-11-06 08:49:37.
        retry_after(&map, SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777))
    }

    #[test]
    fn the_wait_is_read_in_seconds_in_milliseconds_and_as_a_date() {
        let ms = Duration::from_millis;
        assert_eq!(asked(&[("retry-after", "2")]), Some(ms(2000)));
        assert_eq!(asked(&[("retry-after", "0.5")]), Some(ms(500)));
        assert_eq!(asked(&[("retry-after-ms", "1500"), ("retry-after", "9")]), Some(ms(1500)));
        assert_eq!(asked(&[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")]), Some(ms(10_000)));
        assert_eq!(asked(&[("retry-after", "Sun, 06 Nov 1994 08:49:00 GMT")]), Some(ms(0)));
    }

    #[test]
    fn nonsense_is_passed_over_and_what_is_too_long_cut() {
        for value in ["", "soon", "-1", "NaN"] {
            assert_eq!(asked(&[("retry-after", value)]), None, "{value}");
        }
        for value in ["1e300", "inf", "Sat, 06 Nov 2094 08:49:37 GMT"] {
            assert_eq!(asked(&[("retry-after", value)]), Some(LONGEST_RETRY_AFTER), "{value}");
        }
        assert_eq!(asked(&[]), None);
    }

    #[test]
    fn waits_grow_and_are_spread() {
        for _ in 0..50 {
            assert!((250..=500).contains(&backoff(1, None).as_millis()));
            assert!((500..=1000).contains(&backoff(2, None).as_millis()));
            let asked = backoff(1, Some(Duration::from_secs(3)));
            assert!((3000..=3200).contains(&asked.as_millis()));
        }
        for _ in 0..50 {
            assert!((1000..=5000).contains(&delay_after_interruption(2).as_millis()));
        }
        let distinct: std::collections::BTreeSet<_> = (0..50).map(|_| backoff(1, None)).collect();
        assert!(distinct.len() > 10);
    }
}
