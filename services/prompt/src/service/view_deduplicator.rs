//! Recent views: one viewer's views of one prompt within half an hour count as one.
//!
//! A viewer is an account, or else a network address and a user agent. Only a hash of those under a
//! random key is kept, in memory. The key changes every day and is stored nowhere: once it is gone
//! nobody can tell which address a hash was made of, or that two of them are the same person's.
//!
//! Each process has its own keys and its own memory. A viewer of a prompt through two processes is
//! counted by each, as two anonymous viewers.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::Mutex,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{hmac, rand::SystemRandom};
use ids::{PromptId, UserId};
use moka::{policy::EvictionPolicy, sync::Cache};

/// The time within which a viewer's further views of a prompt do not count.
const WINDOW: Duration = Duration::from_secs(30 * 60);

/// Views that are remembered, in some 20 MB. When more come together, the oldest are forgotten, and may
/// count once more.
const CAPACITY: u64 = 100_000;

const DAY: u64 = 24 * 3600;

/// A viewer, from the request.
#[derive(Clone, Debug)]
pub enum Viewer {
    Account(UserId),
    Anonymous { address: IpAddr, user_agent: Vec<u8> },
}

/// A viewer as remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum ViewerId {
    Account(UserId),
    Anonymous(u128),
}

/// A view that counts.
#[derive(Debug, PartialEq, Eq)]
pub struct CountedView {
    /// The key of an anonymous viewer, for one day; `None` for an account.
    pub viewer_key: Option<String>,
}

pub struct ViewDeduplicator {
    seen: Cache<(PromptId, ViewerId), ()>,
    keys: Mutex<HashKeys>,
}

/// The key of a day and, in its first [`WINDOW`], of the day before.
struct HashKeys {
    day: u64,
    current: hmac::Key,
    previous: Option<hmac::Key>,
}

impl ViewDeduplicator {
    /// Makes a deduplicator with a random key.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new() -> anyhow::Result<Self> {
        Self::with(WINDOW, CAPACITY)
    }

    fn with(window: Duration, capacity: u64) -> anyhow::Result<Self> {
        let seen = Cache::builder()
            .max_capacity(capacity)
            // Other policies may refuse new entries, which would then count each time.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(window)
            .build();
        let keys = HashKeys { day: 0, current: random_key()?, previous: None };
        Ok(Self { seen, keys: Mutex::new(keys) })
    }

    /// Remembers a view; `None` when the same viewer has viewed the prompt within half an hour.
    pub fn record(&self, prompt: PromptId, viewer: &Viewer) -> Option<CountedView> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.record_at(now.as_secs(), prompt, viewer)
    }

    /// Remembers a view at `now`, in seconds after 1970 in UTC.
    fn record_at(&self, now: u64, prompt: PromptId, viewer: &Viewer) -> Option<CountedView> {
        let (id, viewer_key) = match viewer {
            Viewer::Account(id) => (ViewerId::Account(*id), None),
            Viewer::Anonymous { address, user_agent } => {
                let (current, previous) = self.hashes(now, *address, user_agent);
                if previous.is_some_and(|hash| self.has_seen(prompt, ViewerId::Anonymous(hash))) {
                    return None;
                }
                (ViewerId::Anonymous(current), Some(format!("{current:032x}")))
            }
        };
        let first = self.seen.entry((prompt, id)).or_insert(()).is_fresh();
        first.then_some(CountedView { viewer_key })
    }

    fn has_seen(&self, prompt: PromptId, id: ViewerId) -> bool {
        self.seen.contains_key(&(prompt, id))
    }

    /// Hashes a viewer under today's key, and under yesterday's while its views are remembered.
    fn hashes(&self, now: u64, address: IpAddr, user_agent: &[u8]) -> (u128, Option<u128>) {
        // A poisoned lock holds keys that are half replaced, which still are keys.
        let mut keys = self.keys.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (day, seconds) = (now / DAY, now % DAY);
        if day != keys.day {
            match random_key() {
                Ok(key) => {
                    let yesterday = std::mem::replace(&mut keys.current, key);
                    keys.previous = (keys.day + 1 == day).then_some(yesterday);
                    keys.day = day;
                }
                Err(error) => tracing::error!("viewers keep yesterday's key: {error}"),
            }
        }
        if seconds >= WINDOW.as_secs() {
            keys.previous = None;
        }
        let hash = |key| hash(key, network(address), user_agent);
        (hash(&keys.current), keys.previous.as_ref().map(hash))
    }
}

fn random_key() -> anyhow::Result<hmac::Key> {
    Ok(hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())?)
}

fn hash(key: &hmac::Key, network: IpAddr, user_agent: &[u8]) -> u128 {
    let mut context = hmac::Context::with_key(key);
    context.update(network.to_string().as_bytes());
    context.update(&[0]);
    context.update(user_agent);
    let tag = context.sign();
    tag.as_ref().iter().take(16).fold(0, |hash, byte| (hash << 8) | u128::from(*byte))
}

/// Returns an IPv4 address, or the /64 network of an IPv6 address, which is one subscriber's.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anonymous(address: &str, agent: &str) -> Viewer {
        Viewer::Anonymous { address: address.parse().unwrap(), user_agent: agent.into() }
    }

    fn key(view: Option<CountedView>) -> String {
        view.expect("a view that counts").viewer_key.expect("a stranger")
    }

    /// Noon of some day, in seconds after 1970.
    const NOON: u64 = 20_000 * DAY + DAY / 2;

    #[test]
    fn a_visitor_views_a_prompt_once_and_others_and_other_prompts_count() {
        let deduplicator = ViewDeduplicator::new().unwrap();
        let (prompt, other) = (PromptId::new(), PromptId::new());
        let account = Viewer::Account(UserId::new());
        let firefox = anonymous("203.0.113.7", "Firefox");
        let view = |prompt, viewer: &Viewer| deduplicator.record_at(NOON, prompt, viewer);
        assert_eq!(view(prompt, &account), Some(CountedView { viewer_key: None }));
        assert_eq!(view(prompt, &account), None);
        let first = key(view(prompt, &firefox));
        assert_eq!((view(prompt, &firefox), first.len()), (None, 32));
        assert_eq!(key(view(other, &firefox)), first);
        for differs in [anonymous("203.0.113.8", "Firefox"), anonymous("203.0.113.7", "Safari")] {
            assert_ne!(key(view(prompt, &differs)), first);
        }
    }

    #[test]
    fn one_line_has_many_ipv6_addresses_and_is_one_visitor() {
        let deduplicator = ViewDeduplicator::new().unwrap();
        let prompt = PromptId::new();
        let view = |address: &str| deduplicator.record_at(NOON, prompt, &anonymous(address, "x"));
        assert!(view("2001:db8:0:1::1").is_some());
        assert!(view("2001:db8:0:1:ffff:ffff:ffff:ffff").is_none());
        assert!(view("2001:db8:0:2::1").is_some());
    }

    #[test]
    fn the_key_changes_with_the_day_and_a_view_across_midnight_is_no_second_one() {
        let deduplicator = ViewDeduplicator::new().unwrap();
        let (prompt, other) = (PromptId::new(), PromptId::new());
        let viewer = anonymous("203.0.113.7", "Firefox");
        let midnight = 20_001 * DAY;
        let first = key(deduplicator.record_at(midnight - 60, prompt, &viewer));
        assert_eq!(deduplicator.record_at(midnight + 60, prompt, &viewer), None);
        assert_ne!(key(deduplicator.record_at(midnight + 60, other, &viewer)), first);
        // Nothing is left of yesterday's key.
        deduplicator.record_at(midnight + 1800, other, &viewer);
        assert!(deduplicator.keys.lock().unwrap().previous.is_none());
    }

    #[test]
    fn after_its_window_a_view_counts_again() {
        let deduplicator = ViewDeduplicator::with(Duration::from_millis(1), CAPACITY).unwrap();
        let (prompt, viewer) = (PromptId::new(), anonymous("203.0.113.7", "Firefox"));
        assert!(deduplicator.record_at(NOON, prompt, &viewer).is_some());
        while deduplicator.record_at(NOON, prompt, &viewer).is_none() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn memory_is_bounded_and_what_is_new_is_remembered() {
        let deduplicator = ViewDeduplicator::with(WINDOW, 100).unwrap();
        let prompt = PromptId::new();
        for n in 0..1000 {
            let viewer = anonymous("203.0.113.7", &n.to_string());
            assert!(deduplicator.record_at(NOON, prompt, &viewer).is_some(), "{n}");
            assert!(deduplicator.record_at(NOON, prompt, &viewer).is_none(), "{n}");
        }
        deduplicator.seen.run_pending_tasks();
        assert!(deduplicator.seen.entry_count() <= 100);
    }
}
