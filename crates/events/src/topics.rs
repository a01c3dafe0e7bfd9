//! The topics, and making sure that they exist.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    types::RDKafkaErrorCode,
};
use tokio::task::spawn_blocking;

use crate::{Event, PromptCreated, PromptViewed, UserRegistered, producer::KafkaConfig};

/// The number of partitions of each topic.
pub const PARTITIONS: i32 = 6;

/// Every event topic.
pub const TOPICS: [&str; 3] = [UserRegistered::TOPIC, PromptCreated::TOPIC, PromptViewed::TOPIC];

/// The longest time for which a broker is waited for.
const ANSWER: Duration = Duration::from_secs(5);

/// Returns the topic for messages of `topic` that cannot be read.
pub fn dead_letter_topic(topic: &str) -> String {
    format!("{topic}.dlq")
}

/// Returns the event topics and their dead-letter topics.
pub fn all() -> Vec<String> {
    TOPICS.iter().flat_map(|topic| [(*topic).to_owned(), dead_letter_topic(topic)]).collect()
}

type Admin = AdminClient<DefaultClientContext>;

/// A creator of topics, which keeps its connection to the broker.
#[derive(Clone)]
pub(crate) struct TopicCreator {
    config: ClientConfig,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    admin: Option<Arc<Admin>>,
    /// The topics that have been logged as having too few partitions.
    logged: HashSet<String>,
}

impl TopicCreator {
    pub fn new(kafka: &KafkaConfig) -> Self {
        Self { config: kafka.client(), state: Arc::default() }
    }

    /// Creates the topics that are missing.
    ///
    /// # Errors
    /// When the broker is away or refuses.
    pub async fn create_missing(self) -> anyhow::Result<()> {
        let (admin, missing) = spawn_blocking(move || self.missing()).await??;
        if missing.is_empty() {
            return Ok(());
        }
        let result = create(&admin, &missing).await;
        // Dropping the last one joins its threads.
        spawn_blocking(move || drop(admin)).await?;
        result
    }

    /// Returns the missing topics, and the client that asked. Blocks.
    ///
    /// The metadata is asked first: a broker that does not let us create topics may have them all.
    fn missing(&self) -> anyhow::Result<(Arc<Admin>, Vec<String>)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let admin = match &state.admin {
            Some(admin) => admin.clone(),
            None => state.admin.insert(Arc::new(self.config.create()?)).clone(),
        };
        let metadata = admin.inner().fetch_metadata(None, ANSWER).context("no metadata")?;
        let mut missing = all();
        for topic in metadata.topics().iter().filter(|topic| topic.error().is_none()) {
            let (name, partitions) = (topic.name(), topic.partitions().len());
            let Some(at) = missing.iter().position(|wanted| wanted == name) else { continue };
            missing.swap_remove(at);
            if partitions < PARTITIONS as usize && state.logged.insert(name.to_owned()) {
                tracing::warn!(
                    "topic {name} has {partitions} partitions, fewer than {PARTITIONS}; it is used as it is"
                );
            }
        }
        Ok((admin, missing))
    }
}

async fn create(admin: &Admin, missing: &[String]) -> anyhow::Result<()> {
    let topics: Vec<NewTopic<'_>> = missing
        .iter()
        // -1: as many replicas as the broker is set to.
        .map(|topic| NewTopic::new(topic, PARTITIONS, TopicReplication::Fixed(-1)))
        .collect();
    let options = AdminOptions::new().request_timeout(Some(ANSWER)).operation_timeout(Some(ANSWER));
    for result in admin.create_topics(&topics, &options).await? {
        match result {
            Ok(topic) => tracing::info!("created topic {topic}"),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => anyhow::bail!("cannot create {topic}: {code}"),
        }
    }
    Ok(())
}
