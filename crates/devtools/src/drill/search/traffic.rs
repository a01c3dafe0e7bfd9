//! Prompts that are created and hidden, and what is found of them.

use std::time::Duration;

use anyhow::{Context, ensure};
use auth::identity::{X_INTERNAL_TOKEN, X_USER_ID, X_USER_ROLES, X_USERNAME};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::{
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// One prompt in so many is hidden once it was found.
const HIDDEN: usize = 3;

/// The time in which a created prompt must be found whatever happens.
const PATIENCE: Duration = Duration::from_secs(60);

/// Calls an instance as the gateway does.
#[derive(Clone)]
pub struct Caller {
    pub http: Client,
    pub url: String,
    pub token: String,
    pub user: Uuid,
}

/// An instance's answer to the search for a word.
enum Answer {
    Found,
    NotFound,
    /// A prompt without the word, or no answer that a search may give.
    Wrong,
    /// The instance is down, or says that its index is not there yet.
    None,
}

impl Caller {
    fn request(&self, request: RequestBuilder) -> RequestBuilder {
        request
            .header(&X_INTERNAL_TOKEN, &self.token)
            .header(&X_USER_ID, self.user.to_string())
            .header(&X_USERNAME, "drill")
            .header(&X_USER_ROLES, "USER")
    }

    async fn create(&self, word: &str) -> anyhow::Result<Uuid> {
        let body = json!({ "title": format!("About {word}"), "content": "Explain it.",
            "category": "Drill", "visibility": "PUBLIC" });
        let request = self.http.post(format!("{}/prompts", self.url)).json(&body);
        let answer = self.request(request).send().await?;
        ensure!(answer.status() == StatusCode::CREATED, "creating: {}", answer.status());
        let prompt: Value = answer.json().await?;
        let id = prompt["id"].as_str().context("a prompt without an id")?;
        Ok(id.parse()?)
    }

    async fn hide(&self, id: Uuid) -> anyhow::Result<()> {
        let request = self.http.put(format!("{}/prompts/{id}", self.url));
        let request = request.json(&json!({ "visibility": "PRIVATE" }));
        let answer = self.request(request).send().await?;
        ensure!(answer.status().is_success(), "hiding: {}", answer.status());
        Ok(())
    }

    /// Searches for a word that only one prompt has.
    async fn search(&self, word: &str) -> Answer {
        let request = self.http.get(format!("{}/prompts/search?keyword={word}", self.url));
        let request = request.header(&X_INTERNAL_TOKEN, &self.token);
        let Ok(answer) = request.send().await else { return Answer::None };
        let status = answer.status();
        let Ok(page) = answer.json::<Value>().await else { return Answer::None };
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return Answer::None;
        }
        let (true, Some(hits)) = (status.is_success(), page["content"].as_array()) else {
            return Answer::Wrong;
        };
        let has_word = |hit: &Value| hit["title"].as_str().is_some_and(|it| it.ends_with(word));
        match hits.as_slice() {
            [] => Answer::NotFound,
            hits if hits.iter().all(has_word) => Answer::Found,
            _ => Answer::Wrong,
        }
    }
}

/// A prompt of the drill.
pub struct Prompt {
    pub word: String,
    pub is_hidden: bool,
}

/// The prompts that were created, and the counts of searches for them.
#[derive(Default)]
pub struct Traffic {
    pub prompts: Vec<Prompt>,
    /// The time from the 201 until a prompt was found, through both instances.
    pub found_after: Vec<Duration>,
    pub searches: u64,
    pub hidden_found: u64,
    pub wrong: u64,
    pub unanswered: u64,
}

/// Traffic that goes on.
pub struct Running {
    task: JoinHandle<anyhow::Result<Traffic>>,
    stop: CancellationToken,
}

impl Traffic {
    /// Starts to create `rate` prompts a second at the second instance.
    pub fn start(callers: [Caller; 2], rate: u32) -> Running {
        let stop = CancellationToken::new();
        let task = tokio::spawn(create_and_hide(callers, rate, stop.clone()));
        Running { task, stop }
    }

    pub fn found_later_than(&self, time: Duration) -> usize {
        self.found_after.iter().filter(|after| **after > time).count()
    }

    fn count(&mut self, answer: &Answer) {
        self.searches += 1;
        match answer {
            Answer::Wrong => self.wrong += 1,
            Answer::None => self.unanswered += 1,
            Answer::Found | Answer::NotFound => {}
        }
    }

    fn add(&mut self, other: Self) {
        self.prompts.extend(other.prompts);
        self.found_after.extend(other.found_after);
        self.searches += other.searches;
        self.hidden_found += other.hidden_found;
        self.wrong += other.wrong;
        self.unanswered += other.unanswered;
    }
}

impl Running {
    /// Stops the traffic once what was created has been found.
    ///
    /// # Errors
    /// When a prompt could not be created or hidden.
    pub async fn stop(self) -> anyhow::Result<Traffic> {
        self.stop.cancel();
        self.task.await?
    }
}

async fn create_and_hide(
    callers: [Caller; 2],
    rate: u32,
    stop: CancellationToken,
) -> anyhow::Result<Traffic> {
    let mut clock = interval(Duration::from_secs(1) / rate);
    clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut prompts = tokio::task::JoinSet::new();
    for number in 0_usize.. {
        tokio::select! {
            _ = clock.tick() => {}
            () = stop.cancelled() => break,
        }
        prompts.spawn(follow_prompt(callers.clone(), number.is_multiple_of(HIDDEN)));
    }
    let mut all = Traffic::default();
    while let Some(followed) = prompts.join_next().await {
        all.add(followed??);
    }
    Ok(all)
}

/// Creates a prompt, waits until both instances find it, and hides it if it is one to be hidden.
async fn follow_prompt(callers: [Caller; 2], hides: bool) -> anyhow::Result<Traffic> {
    let mut traffic = Traffic::default();
    // Far from all others in spelling.
    let word = format!("zq{}", Uuid::new_v4().simple());
    let id = callers[1].create(&word).await?;
    let created = Instant::now();
    for caller in &callers {
        let mut pause = Duration::from_millis(25);
        while created.elapsed() < PATIENCE {
            let answer = caller.search(&word).await;
            traffic.count(&answer);
            if matches!(answer, Answer::Found) {
                break;
            }
            // While nothing is found for long, very many wait.
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }
    traffic.found_after.push(created.elapsed());
    if hides {
        callers[1].hide(id).await?;
        for _ in 0..10 {
            for caller in &callers {
                let answer = caller.search(&word).await;
                traffic.count(&answer);
                traffic.hidden_found += u64::from(matches!(answer, Answer::Found));
            }
            sleep(Duration::from_millis(100)).await;
        }
    }
    traffic.prompts.push(Prompt { word, is_hidden: hides });
    Ok(traffic)
}

/// Counts the prompts that an instance does not find, or finds though they are hidden, once it had time.
pub async fn count_lost(callers: &[Caller; 2], prompts: &[Prompt]) -> usize {
    let mut lost = 0;
    let deadline = Instant::now() + PATIENCE;
    for caller in callers {
        for prompt in prompts {
            loop {
                let is_right = match caller.search(&prompt.word).await {
                    Answer::Found => !prompt.is_hidden,
                    Answer::NotFound => prompt.is_hidden,
                    Answer::Wrong | Answer::None => false,
                };
                if is_right {
                    break;
                }
                if Instant::now() > deadline {
                    lost += 1;
                    break;
                }
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    lost
}
