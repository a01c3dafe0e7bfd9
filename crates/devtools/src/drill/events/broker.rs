//! The requests of the drill to the broker other than produce requests.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::Context;
use events::topics::{PARTITIONS, TOPICS, dead_letter_topic};
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer},
    error::KafkaResult,
    message::{BorrowedMessage, Headers as _},
};
use tokio::task::spawn_blocking;

use super::{message::Header, oddities::LETTER_BYTES};

/// The consumer group of analytics.
const GROUP: &str = "analytics";

const ANSWER: Duration = Duration::from_secs(5);

/// A client that looks and administers.
#[derive(Clone)]
pub struct Broker {
    config: ClientConfig,
    consumer: Arc<BaseConsumer>,
    admin: Arc<AdminClient<DefaultClientContext>>,
}

/// A message of a dead-letter topic.
pub struct Letter {
    pub topic: String,
    pub key: Option<Vec<u8>>,
    pub headers: Vec<Header>,
    pub payload: Option<Vec<u8>>,
}

impl Broker {
    pub fn new(brokers: &str) -> anyhow::Result<Self> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", brokers)
            .set("group.id", GROUP)
            .set("reconnect.backoff.max.ms", "500")
            .set_log_level(RDKafkaLogLevel::Emerg);
        let consumer = Arc::new(config.create()?);
        let admin = Arc::new(config.create()?);
        Ok(Self { config, consumer, admin })
    }

    /// Returns the settings of a client, with the group.
    pub fn config(&self) -> ClientConfig {
        self.config.clone()
    }

    /// Creates the topics; those of dead letters take only small messages.
    ///
    /// # Errors
    /// When the broker refuses.
    pub async fn create_topics(&self) -> anyhow::Result<()> {
        let small = LETTER_BYTES.to_string();
        let letters: Vec<String> = TOPICS.iter().map(|topic| dead_letter_topic(topic)).collect();
        let topic = |name| NewTopic::new(name, PARTITIONS, TopicReplication::Fixed(1));
        let mut topics: Vec<NewTopic<'_>> = TOPICS.iter().map(|name| topic(name)).collect();
        topics.extend(letters.iter().map(|name| topic(name).set("max.message.bytes", &small)));
        for result in self.admin.create_topics(&topics, &options()).await? {
            result.map_err(|(topic, code)| anyhow::anyhow!("cannot create {topic}: {code}"))?;
        }
        Ok(())
    }

    /// Returns the number of members of the group, once it is not rebalancing.
    ///
    /// # Errors
    /// When the broker is away.
    pub async fn members(&self) -> anyhow::Result<Option<usize>> {
        self.blocking(|consumer| {
            let groups = consumer.fetch_group_list(Some(GROUP), ANSWER)?;
            let group = groups.groups().iter().find(|group| group.name() == GROUP);
            Ok(group
                .filter(|group| ["Stable", "Empty"].contains(&group.state()))
                .map(|group| group.members().len()))
        })
        .await
    }

    /// Returns the committed offset of each topic and partition; those without one are left out.
    ///
    /// # Errors
    /// When the broker is away.
    pub async fn committed(&self) -> anyhow::Result<HashMap<(String, i32), i64>> {
        self.blocking(|consumer| {
            let mut all = TopicPartitionList::new();
            for topic in TOPICS {
                all.add_partition_range(topic, 0, PARTITIONS - 1);
            }
            let committed = consumer.committed_offsets(all, ANSWER)?;
            let offsets = committed.elements().into_iter().filter_map(|it| match it.offset() {
                Offset::Offset(offset) => Some(((it.topic().to_owned(), it.partition()), offset)),
                _ => None,
            });
            Ok(offsets.collect())
        })
        .await
    }

    /// Returns the offset at which a partition ends.
    ///
    /// # Errors
    /// When the broker is away.
    pub async fn end(&self, topic: &str, partition: i32) -> anyhow::Result<i64> {
        let topic = topic.to_owned();
        let ends =
            self.blocking(move |consumer| consumer.fetch_watermarks(&topic, partition, ANSWER));
        Ok(ends.await?.1)
    }

    /// Deletes the records of a partition before an offset, as retention does.
    ///
    /// # Errors
    /// When the broker refuses.
    pub async fn cut(&self, topic: &str, partition: i32, beginning: i64) -> anyhow::Result<()> {
        let mut offsets = TopicPartitionList::new();
        offsets.add_partition_offset(topic, partition, Offset::Offset(beginning))?;
        let cut = self.admin.delete_records(&offsets, &options()).await?;
        cut.elements().iter().try_for_each(|it| it.error())?;
        Ok(())
    }

    /// Forgets what the group has read; nobody may be in it.
    ///
    /// # Errors
    /// When the broker refuses.
    pub async fn delete_group(&self) -> anyhow::Result<()> {
        for result in self.admin.delete_groups(&[GROUP], &options()).await? {
            result.map_err(|(group, code)| anyhow::anyhow!("cannot delete {group}: {code}"))?;
        }
        Ok(())
    }

    /// Reads everything in the dead-letter topics.
    ///
    /// # Errors
    /// When the broker is away.
    pub async fn letters(&self) -> anyhow::Result<Vec<Letter>> {
        let config = self.config.clone();
        spawn_blocking(move || read_letters(config)).await?
    }

    async fn blocking<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&BaseConsumer) -> KafkaResult<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let consumer = self.consumer.clone();
        Ok(spawn_blocking(move || ask(&consumer)).await??)
    }
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(ANSWER)).operation_timeout(Some(ANSWER))
}

fn read_letters(mut config: ClientConfig) -> anyhow::Result<Vec<Letter>> {
    let config = config.set("group.id", "drill").set("enable.auto.commit", "false");
    let consumer: BaseConsumer = config.create()?;
    let (mut all, mut ends) = (TopicPartitionList::new(), HashMap::new());
    for topic in TOPICS.map(dead_letter_topic) {
        for partition in 0..PARTITIONS {
            let (_, end) = consumer.fetch_watermarks(&topic, partition, ANSWER)?;
            if end > 0 {
                all.add_partition_offset(&topic, partition, Offset::Beginning)?;
                ends.insert((topic.clone(), partition), end);
            }
        }
    }
    consumer.assign(&all)?;
    let mut letters = Vec::new();
    while !ends.is_empty() {
        let message = consumer.poll(ANSWER).context("a dead-letter topic ends early")??;
        let at = (message.topic().to_owned(), message.partition());
        if ends.get(&at).is_some_and(|end| message.offset() + 1 >= *end) {
            ends.remove(&at);
        }
        letters.push(letter(&message));
    }
    Ok(letters)
}

fn letter(message: &BorrowedMessage<'_>) -> Letter {
    let headers = message.headers().map(|headers| {
        let own = headers.iter().map(|it| (it.key.to_owned(), it.value.map(<[u8]>::to_vec)));
        own.collect()
    });
    Letter {
        topic: message.topic().to_owned(),
        key: message.key().map(<[u8]>::to_vec),
        headers: headers.unwrap_or_default(),
        payload: message.payload().map(<[u8]>::to_vec),
    }
}
