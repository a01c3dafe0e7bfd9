//! Limits that several gateways share, in Redis: the same GCRA, as one script, by the clock of Redis.
//!
//! No request waits long for it. While Redis does not answer, each gateway goes by what it counted
//! itself, and asks again after a pause.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use redis::{
    Client, RedisResult, Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::time::timeout;

use super::{
    limits::Limit,
    usage::{Exhausted, Usage},
};

/// The time that a request waits for Redis at most.
pub const DEADLINE: Duration = Duration::from_millis(5);

/// The pause after an answer that did not come.
const PAUSE: Duration = Duration::from_secs(1);

/// Takes a request from the bucket `KEYS[1]`, or gives it back. The value of a bucket is the time at which it
/// is full, in microseconds. `ARGV`: the interval of one request, negative to give it back, and the window
/// of the quota. Returns whether it was taken, and the time until the bucket is full.
const SCRIPT: &str = "
    local time = redis.call('TIME')
    local now = time[1] * 1000000 + time[2]
    local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
    local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
    local after = full_at + interval
    if after - now > window then
        return {0, full_at - now}
    end
    if after > now then
        local lifetime = math.ceil((after - now) / 1000)
        redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', lifetime)
    else
        redis.call('DEL', KEYS[1])
    end
    return {1, math.max(after - now, 0)}
";

/// A Redis in which gateways share their counts.
#[derive(Clone)]
pub struct SharedStore {
    pub client: Client,
    /// The time that a request waits at most.
    pub deadline: Duration,
}

/// The limits that gateways share.
pub struct SharedLimits {
    script: Script,
    connection: ConnectionManager,
    deadline: Duration,
    started: Instant,
    /// The end of the pause, in milliseconds after `started`.
    away_until: AtomicU64,
}

impl SharedLimits {
    /// # Errors
    /// When the address of Redis is not valid. A Redis that is away is no error.
    pub fn new(store: SharedStore) -> RedisResult<Self> {
        let config = ConnectionManagerConfig::new().set_number_of_retries(0);
        Ok(Self {
            script: Script::new(SCRIPT),
            connection: ConnectionManager::new_lazy_with_config(store.client, config)?,
            deadline: store.deadline,
            started: Instant::now(),
            away_until: AtomicU64::new(0),
        })
    }

    /// Takes a request from a bucket; `None` while Redis is away.
    pub async fn take(&self, bucket: &str, limit: Limit) -> Option<Result<Usage, Exhausted>> {
        let (interval, window) = micros(limit);
        let (taken, full_in) = self.run(bucket, interval, window).await?;
        let full_in = Duration::from_micros(full_in);
        if !taken {
            let retry_after = (full_in + limit.interval).saturating_sub(limit.window());
            return Some(Err(Exhausted { full_in, retry_after }));
        }
        let left = limit.window().saturating_sub(full_in);
        let remaining = left.as_nanos() / limit.interval.as_nanos();
        Some(Ok(Usage { remaining: remaining as u32, full_in }))
    }

    /// Gives back what a request took.
    pub async fn give_back(&self, bucket: &str, limit: Limit) {
        let (interval, window) = micros(limit);
        let _ = self.run(bucket, -interval, window).await;
    }

    async fn run(&self, bucket: &str, interval: i64, window: i64) -> Option<(bool, u64)> {
        if self.now() < self.away_until.load(Ordering::Relaxed) {
            return None;
        }
        let mut connection = self.connection.clone();
        let mut invocation = self.script.key(bucket);
        invocation.arg(interval).arg(window);
        let answer = timeout(self.deadline, invocation.invoke_async(&mut connection)).await;
        let error = match answer {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        let until = self.now() + PAUSE.as_millis() as u64;
        // One line for all requests that noticed.
        if self.away_until.fetch_max(until, Ordering::Relaxed) < self.now() {
            tracing::warn!("limits are counted by this gateway alone, Redis is away: {error}");
        }
        None
    }

    fn now(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }
}

/// Returns interval and window of a limit in microseconds, of which Lua counts exactly.
fn micros(limit: Limit) -> (i64, i64) {
    let interval = limit.interval.as_micros().max(1) as i64;
    (interval, interval * i64::from(limit.burst.get()))
}
