//! Follows the user service's list of revoked sessions, so that no request has to ask.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::RwLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, ensure};
use auth::{InternalToken, identity::X_INTERNAL_TOKEN};
use http::StatusCode;
use ids::SessionId;
use internal_api::user::revocations::{HEARTBEAT, Line, MAX_LINE_BYTES, PATH};
use reqwest::Response;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::{Config, routes::Service};

/// The silence after which an instance counts as away, and another is asked: three missing heartbeats.
const SILENCE: Duration = Duration::from_millis(3 * HEARTBEAT.as_millis() as u64);

/// The deadline for the head of the answer.
const ANSWER_DEADLINE: Duration = Duration::from_secs(1);

/// The longest pause after the first failure, and after many: it doubles in between, and each pause is
/// a random part of it. Short, since revocations are missed meanwhile.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(800));

/// The pause after an instance without a list.
const NO_LIST_PAUSE: Duration = Duration::from_secs(5);

/// The time for which a request with a token waits for the first list, which comes as soon as the user
/// service can be reached.
const FIRST_LIST_DEADLINE: Duration = Duration::from_secs(1);

/// The sessions whose access tokens are not accepted.
pub struct Revocations {
    /// The end of each session's last token, in seconds since 1970, by `sid`.
    sessions: RwLock<HashMap<SessionId, i64>>,
    /// Whether the whole list has been received.
    received: watch::Sender<bool>,
}

/// The error while no list has been received, so that no token can be judged.
#[derive(Debug, thiserror::Error)]
#[error("the list of revoked sessions was not received yet")]
pub struct NotReceived;

impl Default for Revocations {
    fn default() -> Self {
        Self { sessions: RwLock::default(), received: watch::Sender::new(false) }
    }
}

impl Revocations {
    /// Tells whether the tokens of a session are revoked, as far as it is known here.
    ///
    /// # Errors
    /// [`NotReceived`] while there was no list since the start.
    pub async fn is_revoked(&self, session: SessionId) -> Result<bool, NotReceived> {
        if !self.is_received() {
            let mut received = self.received.subscribe();
            let first = timeout(FIRST_LIST_DEADLINE, received.wait_for(|received| *received));
            Box::pin(first).await.map_err(|_| NotReceived)?.map_err(|_| NotReceived)?;
        }
        let sessions = self.sessions.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        Ok(sessions.contains_key(&session))
    }

    /// Tells whether the whole list has been received since the start.
    pub fn is_received(&self) -> bool {
        *self.received.borrow()
    }

    fn add(&self, line: Line) {
        let mut sessions = self.sessions.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        sessions.extend(line.revoked);
        drop(sessions);
        if line.complete {
            self.received.send_if_modified(|received| !std::mem::replace(received, true));
        }
    }

    /// Forgets sessions whose tokens have all expired.
    fn forget_expired(&self) {
        let now = now();
        let mut sessions = self.sessions.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        sessions.retain(|_, expires_at| *expires_at >= now);
        if sessions.capacity() > 2 * sessions.len() + 1024 {
            sessions.shrink_to_fit();
        }
    }
}

/// The source of the list.
pub struct Source {
    http: reqwest::Client,
    /// The addresses of the user service's instances, each of which has the whole list.
    urls: Vec<String>,
    token: InternalToken,
}

impl Source {
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let authorities = &config.upstreams[Service::User.index()];
        Ok(Self {
            http: reqwest::Client::builder().connect_timeout(ANSWER_DEADLINE).no_proxy().build()?,
            urls: authorities.iter().map(|authority| format!("http://{authority}")).collect(),
            token: config.internal_token.clone(),
        })
    }
}

/// The reason why an instance is not followed any more.
enum FollowEnd {
    /// The instance stops, or cannot read the list any more.
    Over,
    /// The instance is of a version from before there was a list, and revokes nothing.
    NoList,
}

/// Follows one instance after another, until the task is dropped. While none can be reached, the known
/// revocations stay in force.
pub async fn follow(revocations: &Revocations, source: &Source) {
    let mut failures = 0;
    for instance in (0..source.urls.len()).cycle() {
        let url = &source.urls[instance];
        match follow_instance(revocations, source, url, &mut failures).await {
            Ok(FollowEnd::Over) => tracing::debug!(url, "the list of revoked sessions ended"),
            Ok(FollowEnd::NoList) => {
                tracing::warn!(url, "the user service has no list of revoked sessions");
                sleep(NO_LIST_PAUSE).await;
            }
            Err(error) => {
                failures += 1;
                // The first few are an instance that stopped, or one that has not started yet.
                if failures.is_power_of_two() && failures > 2 {
                    tracing::warn!(url, failures, "revoked sessions cannot be followed: {error:#}");
                }
            }
        }
        revocations.forget_expired();
        sleep(pause(failures)).await;
    }
}

/// Reads lines until the instance ends its answer.
async fn follow_instance(
    revocations: &Revocations,
    source: &Source,
    url: &str,
    failures: &mut u32,
) -> anyhow::Result<FollowEnd> {
    let request = source
        .http
        .get(format!("{url}{PATH}"))
        .header(&X_INTERNAL_TOKEN, source.token.expose())
        .send();
    let response = timeout(ANSWER_DEADLINE, request).await.context("no answer in time")??;
    if response.status() == StatusCode::NOT_FOUND {
        revocations.add(Line { revoked: Vec::new(), complete: true });
        return Ok(FollowEnd::NoList);
    }
    ensure!(response.status().is_success(), "answered {}", response.status());
    let mut lines = Lines { response, buffer: Vec::new(), searched: 0 };
    let mut last_upkeep = now();
    while let Some(line) = timeout(SILENCE, lines.next()).await.context("no sign of life")?? {
        revocations.add(line);
        *failures = 0;
        if now() - last_upkeep >= 60 {
            last_upkeep = now();
            revocations.forget_expired();
        }
    }
    Ok(FollowEnd::Over)
}

/// The lines of an answer, as they come.
struct Lines {
    response: Response,
    buffer: Vec<u8>,
    /// The number of bytes at the start of the buffer that hold no line break.
    searched: usize,
}

impl Lines {
    async fn next(&mut self) -> anyhow::Result<Option<Line>> {
        loop {
            let unsearched = &self.buffer[self.searched..];
            if let Some(end) = unsearched.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=self.searched + end).collect();
                self.searched = 0;
                return Ok(Some(serde_json::from_slice(&line)?));
            }
            self.searched = self.buffer.len();
            ensure!(self.searched < MAX_LINE_BYTES, "a line does not end");
            match self.response.chunk().await? {
                Some(chunk) => self.buffer.extend_from_slice(&chunk),
                None => return Ok(None),
            }
        }
    }
}

/// Returns a random pause, up to twice as long after each failure, so that gateways do not come all at
/// once.
fn pause(failures: u32) -> Duration {
    let longest = (PAUSES.0 * 2u32.pow(failures.min(10))).min(PAUSES.1);
    // The hasher has random keys each time.
    let random = RandomState::new().hash_one(failures);
    longest.mul_f64(random as f64 / u64::MAX as f64)
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nothing_can_be_said_before_the_whole_list_was_here() {
        let revocations = Revocations::default();
        let (revoked, other) = (SessionId::new(), SessionId::new());
        assert!(revocations.is_revoked(other).await.is_err());
        revocations.add(Line { revoked: vec![(revoked, now() + 60)], complete: false });
        assert!(revocations.is_revoked(other).await.is_err(), "more is to come");
        revocations.add(Line { revoked: Vec::new(), complete: true });
        assert!(revocations.is_revoked(revoked).await.unwrap());
        assert!(!revocations.is_revoked(other).await.unwrap());
    }

    #[tokio::test]
    async fn what_has_expired_is_forgotten_and_nothing_else() {
        let revocations = Revocations::default();
        let (old, new) = (SessionId::new(), SessionId::new());
        let revoked = vec![(old, now() - 1), (new, now() + 60)];
        revocations.add(Line { revoked, complete: true });
        revocations.forget_expired();
        assert!(!revocations.is_revoked(old).await.unwrap());
        assert!(revocations.is_revoked(new).await.unwrap());
    }

    #[test]
    fn pauses_are_short_and_differ() {
        let pauses: Vec<_> = (0..200).map(pause).collect();
        assert!(pauses.iter().all(|pause| *pause <= PAUSES.1));
        assert!(pauses[0] <= PAUSES.0);
        assert!(pauses[100..].windows(2).any(|pair| pair[0] != pair[1]));
    }
}
