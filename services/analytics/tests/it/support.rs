//! The service with its broker and stand-ins, and events for it.

use std::time::Duration;

use analytics_service::Config;
use auth::{Identity, Role};
use events::{
    Envelope, Event, Producer, PromptCreated, PromptViewed, UserRegistered, producer::KafkaConfig,
};
use futures_util::future::join_all;
use ids::{PromptId, UserId};
use local_broker::LocalBroker;
use serde_json::Value;
use sqlx::PgPool;
use testkit::{Broker, Client, TestApp, eventually, user};
use timestamp::Timestamp;

use crate::{prompt_service::PromptService, user_service::UserService};

/// The service with a database of its own and a broker, and a producer as other services have one.
pub struct Fixture<B = Broker> {
    pub app: TestApp,
    pub producer: Producer,
    pub prompts: PromptService,
    pub users: UserService,
    pub broker: B,
    pub pool: PgPool,
}

pub async fn start(pool: &PgPool) -> Fixture {
    start_with_settings(pool, &[]).await
}

pub async fn start_with_settings(pool: &PgPool, settings: &[(&str, &str)]) -> Fixture {
    let broker = Broker::start().await;
    let address = broker.address().to_owned();
    start_fixture(pool, broker, address, settings).await
}

/// Starts the service with a broker that the test can take down.
pub async fn start_with_local_broker(pool: &PgPool) -> Fixture<LocalBroker> {
    let broker = LocalBroker::start().unwrap();
    let address = broker.address().to_owned();
    start_fixture(pool, broker, address, &[]).await
}

async fn start_fixture<B>(
    pool: &PgPool,
    broker: B,
    brokers: String,
    settings: &[(&str, &str)],
) -> Fixture<B> {
    let (prompts, users) = (PromptService::start().await, UserService::start().await);
    let users_url = users.url();
    let settings = [settings, &[("USER_SERVICE_URL", users_url.as_str())]].concat();
    let app = start_on(pool, &brokers, &prompts, &settings).await;
    let producer = Producer::new(&KafkaConfig { brokers }).unwrap();
    Fixture { app, producer, prompts, users, broker, pool: pool.clone() }
}

/// Starts one more instance, without a user service.
pub async fn start_with(pool: &PgPool, broker: &Broker, prompts: &PromptService) -> TestApp {
    let settings = [("USER_SERVICE_URL", "http://127.0.0.1:9")];
    start_on(pool, broker.address(), prompts, &settings).await
}

/// Starts one more instance on any broker.
pub async fn start_on(
    pool: &PgPool,
    brokers: &str,
    prompts: &PromptService,
    more: &[(&str, &str)],
) -> TestApp {
    let mut settings = testkit::settings(pool, brokers);
    settings.push(("PROMPT_SERVICE_URL".to_owned(), prompts.url()));
    settings.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    TestApp::start(settings, Config::read, analytics_service::run).await
}

impl<B> Fixture<B> {
    /// Sends events, in order for each key, and waits until the broker has them.
    pub async fn publish<P: Event>(&self, payloads: impl IntoIterator<Item = P>) {
        let events: Vec<Message> = payloads.into_iter().map(Message::of).collect();
        self.deliver(&events).await;
    }

    pub async fn deliver(&self, messages: &[Message]) {
        let sending = messages.iter().map(|message| {
            self.producer.deliver(message.topic, &message.key, message.payload.as_bytes())
        });
        for result in join_all(sending).await {
            result.unwrap();
        }
    }

    /// Returns the stats once `field` is `count`.
    pub async fn stats_when(&self, field: &str, count: i64) -> Value {
        stats_when(&self.app.anonymous(), field, count).await
    }

    /// Waits until views that were counted are ranked too.
    pub async fn views_are_merged(&self) {
        eventually("all views to be merged", || async {
            let unmerged: i64 = sqlx::query_scalar(
                "select count(*) from prompt_view_deltas where visible_at <= now()",
            )
            .fetch_one(&self.pool)
            .await
            .unwrap();
            (unmerged == 0).then_some(())
        })
        .await;
    }

    /// Returns the ranking of all views that were counted.
    pub async fn trending(&self, query: &str) -> Vec<Value> {
        self.views_are_merged().await;
        let path = format!("/analytics/trending?{query}");
        let answer = self.app.anonymous().get(&path).await.expect(200);
        answer["trending"].as_array().unwrap().clone()
    }
}

pub async fn stats_when(client: &Client, field: &str, count: i64) -> Value {
    eventually(&format!("{field} to be {count}"), || async {
        let stats = client.get("/analytics/stats").await;
        (stats.json[field] == count).then_some(stats.json)
    })
    .await
}

/// A message as it goes over the wire.
#[derive(Clone)]
pub struct Message {
    pub topic: &'static str,
    pub key: String,
    pub payload: String,
}

impl Message {
    pub fn of<P: Event>(payload: P) -> Self {
        let key = payload.key();
        let payload = serde_json::to_string(&Envelope::new(payload)).unwrap();
        Self { topic: P::TOPIC, key, payload }
    }

    /// Returns the message with another payload.
    pub fn saying(&self, payload: &str) -> Self {
        Self { payload: payload.to_owned(), ..self.clone() }
    }
}

pub fn registered() -> UserRegistered {
    registered_ago(Duration::ZERO)
}

pub fn registered_ago(age: Duration) -> UserRegistered {
    UserRegistered {
        user_id: UserId::new(),
        username: "ada".to_owned(),
        registered_at: Timestamp(Timestamp::now().0 - age),
    }
}

/// Returns the creation of a public prompt by ada, now.
pub fn created(title: &str) -> PromptCreated {
    PromptCreated {
        prompt_id: PromptId::new(),
        title: title.to_owned(),
        user_id: UserId::new(),
        username: "ada".to_owned(),
        category: "Development".to_owned(),
        is_public: true,
        created_at: Timestamp::now(),
    }
}

/// Returns a view of that prompt, now.
pub fn viewed(prompt: &PromptCreated, viewer: Option<UserId>) -> PromptViewed {
    PromptViewed {
        prompt_id: prompt.prompt_id,
        title: prompt.title.clone(),
        category: prompt.category.clone(),
        is_public: Some(prompt.is_public),
        user_id: viewer,
        viewer_key: None,
        viewed_at: Timestamp::now(),
    }
}

/// Returns a view of that prompt by someone who is not signed in, now.
pub fn viewed_as(prompt: &PromptCreated, viewer_key: &str) -> PromptViewed {
    PromptViewed { viewer_key: Some(viewer_key.to_owned()), ..viewed(prompt, None) }
}

/// Returns the same view, some days earlier.
pub fn days_ago(days: u64, mut view: PromptViewed) -> PromptViewed {
    view.viewed_at = Timestamp(view.viewed_at.0 - Duration::from_secs(days * 24 * 60 * 60));
    view
}

/// Returns the titles of a ranking.
pub fn titles(trending: &[Value]) -> Vec<&str> {
    trending.iter().map(|prompt| prompt["title"].as_str().unwrap()).collect()
}

/// Returns the identity of the prompt's author.
pub fn author_of(prompt: &PromptCreated) -> Identity {
    Identity { id: prompt.user_id, ..user("ada") }
}

/// Returns the identity of an administrator.
pub fn admin() -> Identity {
    let mut admin = user("root");
    admin.roles.push(Role::Admin);
    admin
}

/// Publishes prompts, and waits until analytics has counted them.
pub async fn publish_and_wait(fixture: &Fixture, prompts: &[PromptCreated]) {
    for prompt in prompts {
        fixture.prompts.publish(prompt);
    }
    fixture.publish(prompts.iter().cloned()).await;
    fixture.stats_when("promptsCreatedLast24h", prompts.len() as i64).await;
}
