//! Rate limits: how many requests of a class an address and a user may send.
//!
//! Each class has a quota of requests that may come at once, and that refills steadily (GCRA). A request is
//! counted for the address that it comes from, and once more for the user whose token it carries, whichever
//! session that is of. A refused request is not counted: asking too often does not prolong the wait.

mod cells;
mod class;
mod limits;

use std::{
    cmp::Reverse,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    time::{Duration, Instant},
};

use governor::{
    RateLimiter,
    clock::{Clock, FakeRelativeClock, Reference},
    middleware::StateInformationMiddleware,
    nanos::Nanos,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_kit::{ApiError, problem::codes};
use ids::UserId;

use self::cells::Cells;
pub use self::{
    class::class_of,
    limits::{Limit, Limits},
};
use crate::{client_address::network, routes::LimitClass};

pub static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The clock of the limits.
#[derive(Clone, Debug)]
pub enum LimitClock {
    /// The time since the start of the process.
    Monotonic(Instant),
    /// A clock that stands still until a test moves it.
    Manual(FakeRelativeClock),
}

impl Default for LimitClock {
    fn default() -> Self {
        Self::Monotonic(Instant::now())
    }
}

impl Clock for LimitClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        match self {
            Self::Monotonic(start) => start.elapsed().into(),
            Self::Manual(clock) => clock.now(),
        }
    }
}

/// Who a request is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Subject {
    /// An IPv4 address, or the /64 network of an IPv6 address.
    Address(IpAddr),
    User(UserId),
}

/// The limits of every class, and what was counted under them. One of it serves all threads.
pub struct RateLimits {
    clock: LimitClock,
    cells: Cells,
    /// The hash of keys; its secret is random, so that nobody can aim at the cell of another.
    hasher: RandomState,
    /// In the order of [`LimitClass::ALL`].
    policies: [Option<Policy>; 6],
}

/// The limit of one class.
struct Policy {
    class: LimitClass,
    limit: Limit,
    /// The value of `RateLimit-Policy`.
    header: HeaderValue,
    /// The clock's time from which the limiter counts.
    start: Nanos,
    limiter: RateLimiter<u64, Cells, LimitClock, StateInformationMiddleware>,
}

/// What a quota has left after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Usage {
    remaining: u32,
    /// The time until the quota is whole again.
    full_in: Duration,
}

/// A quota that is used up.
struct Exhausted {
    full_in: Duration,
    /// The time until one more request is taken.
    retry_after: Duration,
}

impl RateLimits {
    pub fn new(limits: &Limits, clock: LimitClock) -> Self {
        let cells = Cells::default();
        let policies = LimitClass::ALL
            .map(|class| Policy::new(class, limits.of(class)?, cells.clone(), clock.clone()));
        Self { clock, cells, hasher: RandomState::new(), policies }
    }

    /// Begins to count a request of a class, if that is limited, from a client's address.
    pub fn admission(&self, class: Option<LimitClass>, address: IpAddr) -> Admission<'_> {
        let policy = class.and_then(|class| self.policies[class as usize].as_ref());
        let address = Subject::Address(network(address));
        Admission { limits: self, policy, address, usage: None }
    }

    fn count(&self, policy: &Policy, subject: Subject) -> Result<Usage, Exhausted> {
        let key = self.key(policy, subject);
        let outcome = policy.limiter.check_key(&key);
        let now = self.clock.now().duration_since(policy.start);
        match outcome {
            Ok(snapshot) => {
                let full_at = self.cells.full_at(key).unwrap_or(now);
                let remaining = snapshot.remaining_burst_capacity();
                Ok(Usage { remaining, full_in: full_at.saturating_sub(now).into() })
            }
            Err(not_until) => {
                let retry_after = not_until.wait_time_from(self.clock.now());
                let rest = policy.limit.window().saturating_sub(policy.limit.interval);
                Err(Exhausted { full_in: retry_after + rest, retry_after })
            }
        }
    }

    fn give_back(&self, policy: &Policy, subject: Subject) {
        self.cells.give_back(self.key(policy, subject), policy.limit.interval.into());
    }

    fn key(&self, policy: &Policy, subject: Subject) -> u64 {
        self.hasher.hash_one((policy.class, subject))
    }
}

impl Policy {
    fn new(class: LimitClass, limit: Limit, cells: Cells, clock: LimitClock) -> Option<Self> {
        let (name, burst) = (class.name(), limit.burst);
        let window = whole_seconds(limit.window());
        let header = HeaderValue::try_from(format!(r#""{name}";q={burst};w={window}"#)).ok()?;
        let start = clock.now();
        let limiter = RateLimiter::new(limit.quota()?, cells, clock);
        Some(Self { class, limit, header, start, limiter })
    }
}

/// The counting of one request: for its address first, and for its user once the token was verified.
pub struct Admission<'a> {
    limits: &'a RateLimits,
    policy: Option<&'a Policy>,
    address: Subject,
    /// What is left of the tighter of the quotas.
    usage: Option<Usage>,
}

impl Admission<'_> {
    /// Counts the request for the address that it comes from.
    ///
    /// # Errors
    /// 429 when the quota of the address is used up.
    pub fn count_address(&mut self) -> Result<(), ApiError> {
        let Some(policy) = self.policy else { return Ok(()) };
        match self.limits.count(policy, self.address) {
            Ok(usage) => self.usage = Some(usage),
            Err(exhausted) => return Err(self.refuse(policy, exhausted)),
        }
        Ok(())
    }

    /// Counts the request for the user whom its token names.
    ///
    /// # Errors
    /// 429 when the user's quota is used up; then it is not counted for the address either.
    pub fn count_user(&mut self, user: UserId) -> Result<(), ApiError> {
        let Some(policy) = self.policy else { return Ok(()) };
        match self.limits.count(policy, Subject::User(user)) {
            Ok(usage) => self.usage = self.usage.into_iter().chain([usage]).min_by_key(tightness),
            Err(exhausted) => {
                self.limits.give_back(policy, self.address);
                return Err(self.refuse(policy, exhausted));
            }
        }
        Ok(())
    }

    fn refuse(&mut self, policy: &Policy, exhausted: Exhausted) -> ApiError {
        let Exhausted { full_in, retry_after } = exhausted;
        self.usage = Some(Usage { remaining: 0, full_in });
        let seconds = whole_seconds(retry_after).max(1);
        let requests = match policy.class {
            LimitClass::Login => "attempts to sign in",
            LimitClass::Register => "registrations",
            LimitClass::Write => "changes",
            LimitClass::Read => "requests",
            LimitClass::Test => "prompt tests",
            LimitClass::Purchase => "purchases",
        };
        let detail = format!("Too many {requests}. Please try again in {seconds} s.");
        ApiError::of(codes::TooManyRequests::CODE, detail)
            .with_retry_after(Duration::from_secs(seconds))
    }

    /// Writes the `RateLimit` headers of the answer, in place of any that the service set.
    pub fn write(&self, headers: &mut HeaderMap) {
        let (Some(policy), Some(usage)) = (self.policy, self.usage) else { return };
        let (name, remaining) = (policy.class.name(), usage.remaining);
        let full_in = whole_seconds(usage.full_in);
        if let Ok(value) = HeaderValue::try_from(format!(r#""{name}";r={remaining};t={full_in}"#)) {
            headers.insert(&RATE_LIMIT, value);
            headers.insert(&RATE_LIMIT_POLICY, policy.header.clone());
        }
    }
}

/// Returns the order of usages, the tightest first.
fn tightness(usage: &Usage) -> (u32, Reverse<Duration>) {
    (usage.remaining, Reverse(usage.full_in))
}

/// Returns a time in whole seconds, rounded up.
fn whole_seconds(time: Duration) -> u64 {
    time.as_nanos().div_ceil(1_000_000_000) as u64
}
