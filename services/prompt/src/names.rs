//! People's names, asked of the user service and remembered for a while. Names adorn answers: when
//! the user service is away they are missing, and nothing else is.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use auth::ServiceClient;
use http::Method;
use ids::UserId;
use moka::sync::Cache;
use serde::{Deserialize, Serialize};

/// A changed name shows up within this long, and the time that a look-up takes.
const REMEMBER: Duration = Duration::from_secs(30);
const CAPACITY: u64 = 20_000;

/// The user service takes this many in one question.
const AT_ONCE: usize = 1000;

/// No answer is held up longer than this for a name.
const DEADLINE: Duration = Duration::from_millis(500);

/// After a failure nobody is asked for this long, so that a hanging user service does not slow
/// every answer down.
const PAUSE: Duration = Duration::from_secs(2);

/// A person's names.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Name {
    id: UserId,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}

impl Name {
    /// First and last name, as far as there are any.
    pub fn full(&self) -> Option<String> {
        let parts: Vec<&str> =
            [&self.first_name, &self.last_name].into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

#[derive(Serialize)]
struct Lookup<'a> {
    ids: &'a [UserId],
}

#[derive(Deserialize)]
struct Found {
    users: Vec<Name>,
}

/// Looks names up.
pub struct Names {
    client: ServiceClient,
    cache: Cache<UserId, Name>,
    paused_until: Mutex<Option<Instant>>,
}

impl Names {
    pub fn new(client: ServiceClient) -> Self {
        Self {
            client,
            cache: Cache::builder().max_capacity(CAPACITY).time_to_live(REMEMBER).build(),
            paused_until: Mutex::default(),
        }
    }

    /// The names of those people of whom they could be had.
    pub async fn of(&self, people: impl IntoIterator<Item = UserId>) -> HashMap<UserId, Name> {
        let mut known = HashMap::new();
        let mut unknown = Vec::new();
        for id in people {
            match self.cache.get(&id) {
                Some(name) => {
                    known.insert(id, name);
                }
                None => unknown.push(id),
            }
        }
        unknown.sort_unstable();
        unknown.dedup();
        if !unknown.is_empty() && !self.paused() {
            for some in unknown.chunks(AT_ONCE) {
                for name in self.ask(some).await {
                    self.cache.insert(name.id, name.clone());
                    known.insert(name.id, name);
                }
            }
        }
        known
    }

    /// Forgets a person's names, who has gone.
    pub fn forget(&self, person: UserId) {
        self.cache.invalidate(&person);
    }

    async fn ask(&self, ids: &[UserId]) -> Vec<Name> {
        let lookup = Lookup { ids };
        let call =
            self.client.send::<_, Found>(Method::POST, "/internal/users/lookup", None, &lookup);
        let failure = match tokio::time::timeout(DEADLINE, call).await {
            Ok(Ok(found)) => return found.users,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer in {DEADLINE:?}"),
        };
        tracing::warn!("names are missing: {failure}");
        self.pause();
        Vec::new()
    }

    fn paused(&self) -> bool {
        let until = *self.paused_until.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        until.is_some_and(|until| Instant::now() < until)
    }

    fn pause(&self) {
        let until = Instant::now() + PAUSE;
        *self.paused_until.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(until);
    }
}
