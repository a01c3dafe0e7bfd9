//! Who has just viewed which prompt: one viewer's views of one prompt within half an hour are one.
//!
//! A viewer is an account, or else a network address and a user agent. Of those only a hash under a
//! random key is kept, in memory. The key changes every day and is written nowhere: once it is gone
//! nobody can tell which address a hash was made of, or that two of them are the same person's.
//!
//! Each process has its own keys and its own memory. What views a prompt through two of them is
//! counted by each, and is two anonymous viewers.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::Mutex,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{hmac, rand::SystemRandom};
use ids::{PromptId, UserId};
use moka::{policy::EvictionPolicy, sync::Cache};

/// How long a viewer's further views of a prompt are no new ones.
const WINDOW: Duration = Duration::from_secs(30 * 60);

/// Views that are remembered, in some 20 MB. Where more come together, the oldest are forgotten, and
/// may be counted once more.
const CAPACITY: u64 = 100_000;

const DAY: u64 = 24 * 3600;

/// Who asks for a prompt.
#[derive(Clone, Debug)]
pub enum Visitor {
    Account(UserId),
    Stranger { address: IpAddr, user_agent: Vec<u8> },
}

/// A visitor as they are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Viewer {
    Account(UserId),
    Stranger(u128),
}

/// A view that counts.
#[derive(Debug, PartialEq, Eq)]
pub struct View {
    /// One anonymous viewer for one day; `None` for an account.
    pub viewer_key: Option<String>,
}

pub struct Viewers {
    seen: Cache<(PromptId, Viewer), ()>,
    keys: Mutex<Keys>,
}

/// The keys of a day and, in its first [`WINDOW`], of the day before.
struct Keys {
    day: u64,
    current: hmac::Key,
    previous: Option<hmac::Key>,
}

impl Viewers {
    /// # Errors
    /// When the system has no random numbers.
    pub fn new() -> anyhow::Result<Self> {
        Self::with(WINDOW, CAPACITY)
    }

    fn with(window: Duration, capacity: u64) -> anyhow::Result<Self> {
        let seen = Cache::builder()
            .max_capacity(capacity)
            // Other policies may not take in what is new, which would then count each time.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(window)
            .build();
        let keys = Keys { day: 0, current: random_key()?, previous: None };
        Ok(Self { seen, keys: Mutex::new(keys) })
    }

    /// Remembers a view; `None` when the same visitor has viewed the prompt just before.
    pub fn view(&self, prompt: PromptId, visitor: &Visitor) -> Option<View> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.view_at(now.as_secs(), prompt, visitor)
    }

    /// As [`Viewers::view`], at so many seconds after 1970 in UTC.
    fn view_at(&self, now: u64, prompt: PromptId, visitor: &Visitor) -> Option<View> {
        let (viewer, viewer_key) = match visitor {
            Visitor::Account(id) => (Viewer::Account(*id), None),
            Visitor::Stranger { address, user_agent } => {
                let (current, previous) = self.hashes(now, *address, user_agent);
                if previous.is_some_and(|hash| self.has_seen(prompt, Viewer::Stranger(hash))) {
                    return None;
                }
                (Viewer::Stranger(current), Some(format!("{current:032x}")))
            }
        };
        let first = self.seen.entry((prompt, viewer)).or_insert(()).is_fresh();
        first.then_some(View { viewer_key })
    }

    fn has_seen(&self, prompt: PromptId, viewer: Viewer) -> bool {
        self.seen.contains_key(&(prompt, viewer))
    }

    /// A stranger under today's key, and under yesterday's while views of then still count.
    fn hashes(&self, now: u64, address: IpAddr, user_agent: &[u8]) -> (u128, Option<u128>) {
        // Keys that are half replaced are still keys.
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

/// An IPv4 address, or the /64 that one line has of IPv6 addresses.
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

    fn stranger(address: &str, agent: &str) -> Visitor {
        Visitor::Stranger { address: address.parse().unwrap(), user_agent: agent.into() }
    }

    fn key(view: Option<View>) -> String {
        view.expect("a view that counts").viewer_key.expect("a stranger")
    }

    /// A noon.
    const NOON: u64 = 20_000 * DAY + DAY / 2;

    #[test]
    fn a_visitor_views_a_prompt_once_and_others_and_other_prompts_count() {
        let viewers = Viewers::new().unwrap();
        let (prompt, other) = (PromptId::new(), PromptId::new());
        let account = Visitor::Account(UserId::new());
        let firefox = stranger("203.0.113.7", "Firefox");
        let view = |prompt, visitor: &Visitor| viewers.view_at(NOON, prompt, visitor);
        assert_eq!(view(prompt, &account), Some(View { viewer_key: None }));
        assert_eq!(view(prompt, &account), None);
        let first = key(view(prompt, &firefox));
        assert_eq!((view(prompt, &firefox), first.len()), (None, 32));
        assert_eq!(key(view(other, &firefox)), first);
        for differs in [stranger("203.0.113.8", "Firefox"), stranger("203.0.113.7", "Safari")] {
            assert_ne!(key(view(prompt, &differs)), first);
        }
    }

    #[test]
    fn one_line_has_many_ipv6_addresses_and_is_one_visitor() {
        let viewers = Viewers::new().unwrap();
        let prompt = PromptId::new();
        let view = |address: &str| viewers.view_at(NOON, prompt, &stranger(address, "x"));
        assert!(view("2001:db8:0:1::1").is_some());
        assert!(view("2001:db8:0:1:ffff:ffff:ffff:ffff").is_none());
        assert!(view("2001:db8:0:2::1").is_some());
    }

    #[test]
    fn the_key_changes_with_the_day_and_a_view_across_midnight_is_no_second_one() {
        let viewers = Viewers::new().unwrap();
        let (prompt, other) = (PromptId::new(), PromptId::new());
        let visitor = stranger("203.0.113.7", "Firefox");
        let midnight = 20_001 * DAY;
        let first = key(viewers.view_at(midnight - 60, prompt, &visitor));
        assert_eq!(viewers.view_at(midnight + 60, prompt, &visitor), None);
        assert_ne!(key(viewers.view_at(midnight + 60, other, &visitor)), first);
        // Nothing is left of yesterday's key.
        viewers.view_at(midnight + 1800, other, &visitor);
        assert!(viewers.keys.lock().unwrap().previous.is_none());
    }

    #[test]
    fn after_its_window_a_view_counts_again() {
        let viewers = Viewers::with(Duration::from_millis(1), CAPACITY).unwrap();
        let (prompt, visitor) = (PromptId::new(), stranger("203.0.113.7", "Firefox"));
        assert!(viewers.view_at(NOON, prompt, &visitor).is_some());
        while viewers.view_at(NOON, prompt, &visitor).is_none() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn memory_is_bounded_and_what_is_new_is_remembered() {
        let viewers = Viewers::with(WINDOW, 100).unwrap();
        let prompt = PromptId::new();
        for n in 0..1000 {
            let visitor = stranger("203.0.113.7", &n.to_string());
            assert!(viewers.view_at(NOON, prompt, &visitor).is_some(), "{n}");
            assert!(viewers.view_at(NOON, prompt, &visitor).is_none(), "{n}");
        }
        viewers.seen.run_pending_tasks();
        assert!(viewers.seen.entry_count() <= 100);
    }
}
