//! The topics, and making sure that they exist.

use std::time::Duration;

use anyhow::Context;
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    types::RDKafkaErrorCode,
};
use tokio::task::spawn_blocking;

use crate::{Event, PromptCreated, PromptViewed, UserRegistered};

/// The number of partitions of each topic.
pub const PARTITIONS: i32 = 6;

/// Every event topic.
pub const TOPICS: [&str; 3] = [UserRegistered::TOPIC, PromptCreated::TOPIC, PromptViewed::TOPIC];

/// Returns the topic for messages of `topic` that cannot be read.
pub fn dead_letter_topic(topic: &str) -> String {
    format!("{topic}.dlq")
}

/// Returns the event topics and their dead-letter topics.
pub fn all() -> Vec<String> {
    TOPICS.iter().flat_map(|topic| [(*topic).to_owned(), dead_letter_topic(topic)]).collect()
}

type Admin = AdminClient<DefaultClientContext>;

/// Creates the topics that are missing.
///
/// # Errors
/// When the broker is away or refuses.
pub(crate) async fn create_missing(brokers: String) -> anyhow::Result<()> {
    let (admin, existing) = spawn_blocking(move || existing(&brokers)).await??;
    let result = create(&admin, &existing).await;
    // Dropping the client joins its threads.
    spawn_blocking(move || drop(admin)).await?;
    result
}

/// Returns the existing topics, and the client that asked. Blocks.
fn existing(brokers: &str) -> anyhow::Result<(Admin, Vec<String>)> {
    let admin: Admin = ClientConfig::new().set("bootstrap.servers", brokers).create()?;
    // The metadata is asked first: a broker that does not let us create topics may have them all.
    let metadata = admin.inner().fetch_metadata(None, Duration::from_secs(5));
    let metadata = metadata.context("no metadata")?;
    let names = metadata.topics().iter().map(|topic| topic.name().to_owned()).collect();
    Ok((admin, names))
}

async fn create(admin: &Admin, existing: &[String]) -> anyhow::Result<()> {
    let wanted = all();
    let missing: Vec<NewTopic<'_>> = wanted
        .iter()
        .filter(|topic| !existing.contains(topic))
        // -1: as many replicas as the broker is set to.
        .map(|topic| NewTopic::new(topic, PARTITIONS, TopicReplication::Fixed(-1)))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(10)));
    for result in admin.create_topics(&missing, &options).await? {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => anyhow::bail!("cannot create {topic}: {code}"),
        }
    }
    Ok(())
}
