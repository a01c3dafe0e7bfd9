//! Following the user service in which access tokens are revoked, so that no request has to ask.

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

/// After three missing signs of life an instance is away, and another is asked.
const SILENCE: Duration = Duration::from_millis(3 * HEARTBEAT.as_millis() as u64);

/// To the first sign of an answer.
const ANSWER_DEADLINE: Duration = Duration::from_secs(1);

/// Pauses between attempts: up to the first, at random, then up to twice as much each time, up to the
/// second. Short, since what is revoked meanwhile is not known here.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(800));

/// When an instance that has no list is asked again.
const NO_LIST_PAUSE: Duration = Duration::from_secs(5);

/// How long a request with a token waits for the first list, which comes as soon as the user service
/// can be reached.
const FIRST_LIST_DEADLINE: Duration = Duration::from_secs(1);

/// The sessions whose access tokens are not accepted.
pub struct Revocations {
    /// Each `sid`, and when its last token has expired, in seconds since 1970.
    sessions: RwLock<HashMap<SessionId, i64>>,
    /// The whole list was here at least once.
    known: watch::Sender<bool>,
}

/// The list of revoked sessions was never here, so no token can be judged.
#[derive(Debug, thiserror::Error)]
#[error("the list of revoked sessions was not received yet")]
pub struct NotKnown;

impl Default for Revocations {
    fn default() -> Self {
        Self { sessions: RwLock::default(), known: watch::Sender::new(false) }
    }
}

impl Revocations {
    /// Whether the tokens of a session are revoked, as far as it is known here.
    ///
    /// # Errors
    /// [`NotKnown`] while there was no list since the start.
    pub async fn is_revoked(&self, session: SessionId) -> Result<bool, NotKnown> {
        if !self.is_known() {
            let mut known = self.known.subscribe();
            timeout(FIRST_LIST_DEADLINE, known.wait_for(|known| *known))
                .await
                .map_err(|_| NotKnown)?
                .map_err(|_| NotKnown)?;
        }
        let sessions = self.sessions.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        Ok(sessions.contains_key(&session))
    }

    /// Whether the whole list was here since the start.
    pub fn is_known(&self) -> bool {
        *self.known.borrow()
    }

    fn add(&self, line: Line) {
        let mut sessions = self.sessions.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        sessions.extend(line.revoked);
        drop(sessions);
        if line.complete {
            self.known.send_if_modified(|known| !std::mem::replace(known, true));
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

/// Where the list is.
pub struct Source {
    http: reqwest::Client,
    /// The instances of the user service; any of them has the whole list.
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

/// Why an instance is not followed any more.
enum End {
    /// It stops, or cannot read the list any more.
    Over,
    /// It is of a version from before there was a list, which revokes nothing.
    NoList,
}

/// Follows one instance after another, until the task is dropped. While none can be reached, what is
/// known stays in force.
pub async fn follow(revocations: &Revocations, source: &Source) {
    let mut failures = 0;
    for instance in (0..source.urls.len()).cycle() {
        let url = &source.urls[instance];
        match follow_one(revocations, source, url, &mut failures).await {
            Ok(End::Over) => tracing::debug!(url, "the list of revoked sessions ended"),
            Ok(End::NoList) => {
                tracing::warn!(url, "the user service has no list of revoked sessions");
                sleep(NO_LIST_PAUSE).await;
            }
            Err(error) => {
                failures += 1;
                // The first few are an instance that went, or none that came yet.
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
async fn follow_one(
    revocations: &Revocations,
    source: &Source,
    url: &str,
    failures: &mut u32,
) -> anyhow::Result<End> {
    let request = source
        .http
        .get(format!("{url}{PATH}"))
        .header(&X_INTERNAL_TOKEN, source.token.expose())
        .send();
    let response = timeout(ANSWER_DEADLINE, request).await.context("no answer in time")??;
    if response.status() == StatusCode::NOT_FOUND {
        revocations.add(Line { revoked: Vec::new(), complete: true });
        return Ok(End::NoList);
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
    Ok(End::Over)
}

/// Lines of an answer, as they come.
struct Lines {
    response: Response,
    buffer: Vec<u8>,
    /// So much of the buffer has no line break.
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

/// Between nothing and twice as much for each failure, so that gateways do not come all at once.
fn pause(failures: u32) -> Duration {
    let longest = (PAUSES.0 * 2u32.pow(failures.min(10))).min(PAUSES.1);
    // Keyed at random each time.
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
