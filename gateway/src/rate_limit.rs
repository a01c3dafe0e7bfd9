//! Rate limits: how many requests of a class an address and a user may send.
//!
//! Each class has a quota of requests that may come at once, and that refills steadily (GCRA). A request is
//! counted for the address that it comes from, and once more for the user whose token it carries, whichever
//! session that is of. A refused request is not counted: asking too often does not prolong the wait.

mod cells;
mod class;
mod clock;
mod limits;
mod shared;
mod usage;

use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    time::Duration,
};

use governor::{
    RateLimiter,
    clock::{Clock, Reference},
    middleware::StateInformationMiddleware,
    nanos::Nanos,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_kit::{ApiError, problem::codes};
use ids::UserId;

use self::{
    cells::Cells,
    shared::SharedLimits,
    usage::{Exhausted, Usage, whole_seconds},
};
pub use self::{
    class::class_of,
    clock::LimitClock,
    limits::{Limit, Limits},
    shared::{DEADLINE as SHARED_DEADLINE, SharedStore},
};
use crate::{client_address::network, routes::LimitClass, short_text::ShortText};

pub static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// A subject that requests are counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Subject {
    /// An IPv4 address, or the /64 network of an IPv6 address.
    Address(IpAddr),
    User(UserId),
}

/// The limits of every class, and the requests counted under them. All threads share one.
pub struct RateLimits {
    clock: LimitClock,
    cells: Cells,
    /// The hash of keys; its secret is random, so that nobody can aim at another's cell.
    hasher: RandomState,
    /// In the order of [`LimitClass::ALL`].
    policies: [Option<Policy>; 6],
    /// `None` where a gateway counts for itself.
    shared: Option<SharedLimits>,
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

impl RateLimits {
    /// # Errors
    /// When the address of the shared store is not valid.
    pub fn new(
        limits: &Limits,
        clock: LimitClock,
        shared: Option<SharedStore>,
    ) -> anyhow::Result<Self> {
        let cells = Cells::default();
        let policies = LimitClass::ALL
            .map(|class| Policy::new(class, limits.of(class)?, cells.clone(), clock.clone()));
        let shared = shared.map(SharedLimits::new).transpose()?;
        Ok(Self { clock, cells, hasher: RandomState::new(), policies, shared })
    }

    /// Begins to count a request of a class, if that is limited, from a client's address.
    pub fn admission(&self, class: Option<LimitClass>, address: IpAddr) -> Admission<'_> {
        let policy = class.and_then(|class| self.policies[class as usize].as_ref());
        let address = Subject::Address(network(address));
        Admission { limits: self, policy, address, usage: None }
    }

    /// Counts a request in this gateway's buckets, and in those that gateways share.
    async fn count(&self, policy: &Policy, subject: Subject) -> Result<Usage, Exhausted> {
        // A quota that this gateway alone used up is used up for all: Redis need not be asked.
        let usage = self.count_here(policy, subject)?;
        let Some(shared) = &self.shared else { return Ok(usage) };
        let bucket = policy.bucket(subject);
        // In a box, so that a request that asks no Redis holds no room for it.
        match Box::pin(shared.take(&bucket, policy.limit)).await {
            None => Ok(usage),
            Some(Ok(of_all)) => Ok(usage.tighter(of_all)),
            Some(Err(exhausted)) => {
                self.give_back_here(policy, subject);
                Err(exhausted)
            }
        }
    }

    fn count_here(&self, policy: &Policy, subject: Subject) -> Result<Usage, Exhausted> {
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

    async fn give_back(&self, policy: &Policy, subject: Subject) {
        self.give_back_here(policy, subject);
        if let Some(shared) = &self.shared {
            let bucket = policy.bucket(subject);
            Box::pin(shared.give_back(&bucket, policy.limit)).await;
        }
    }

    fn give_back_here(&self, policy: &Policy, subject: Subject) {
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

    /// Returns the name of a bucket that gateways share.
    fn bucket(&self, subject: Subject) -> String {
        let class = self.class.name();
        match subject {
            Subject::Address(address) => format!("promptforge:limit:{class}:address:{address}"),
            Subject::User(user) => format!("promptforge:limit:{class}:user:{user}"),
        }
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
    pub async fn count_address(&mut self) -> Result<(), ApiError> {
        let Some(policy) = self.policy else { return Ok(()) };
        match self.limits.count(policy, self.address).await {
            Ok(usage) => self.usage = Some(usage),
            Err(exhausted) => return Err(self.refuse(policy, exhausted)),
        }
        Ok(())
    }

    /// Counts the request for the user whom its token names.
    ///
    /// # Errors
    /// 429 when the user's quota is used up; then it is not counted for the address either.
    pub async fn count_user(&mut self, user: UserId) -> Result<(), ApiError> {
        let Some(policy) = self.policy else { return Ok(()) };
        match self.limits.count(policy, Subject::User(user)).await {
            Ok(usage) => self.usage = Some(self.usage.map_or(usage, |it| it.tighter(usage))),
            Err(exhausted) => {
                self.limits.give_back(policy, self.address).await;
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
        let text = ShortText::new().text("\"").text(name).text("\";r=").number(remaining.into());
        if let Some(value) = text.text(";t=").number(full_in).into_header() {
            headers.insert(&RATE_LIMIT, value);
            headers.insert(&RATE_LIMIT_POLICY, policy.header.clone());
        }
    }
}
