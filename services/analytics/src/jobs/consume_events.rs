//! From messages to rows: a batch is one transaction, and what can never be applied is set aside.

use std::{sync::Arc, time::Duration};

use events::{
    Envelope, Event, PromptCreated, PromptViewed, UserRegistered, consumer, consumer::Apply,
    producer::KafkaConfig, topics,
};
use ids::DeadLetterId;
use pg::Timestamp;
use rdkafka::{Message, message::OwnedMessage};
use serde::de::DeserializeOwned;
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{Activity, DeadLetter, PromptActivity, PromptEvent, UserActivity},
    service::{self, Ingested},
};

/// Instances of the service share the work as members of this group.
const GROUP: &str = "analytics";

/// How far ahead of our clock an event may be dated. Clocks differ by seconds; what is further
/// ahead is a fault in its producer, and would sit in figures for days that have not come. The past
/// has no limit: events may be as old as whatever kept them back.
const MAX_AHEAD: Duration = Duration::from_secs(24 * 60 * 60);

/// Between the end of a consumer that failed and the next.
const PAUSE: Duration = Duration::from_secs(1);

/// Consumes every topic until `shutdown`, with a new consumer whenever one fails.
pub async fn run(kafka: &KafkaConfig, ingest: &Ingest, shutdown: &CancellationToken) {
    while let Err(error) =
        consumer::run(kafka, GROUP, &topics::TOPICS, ingest, shutdown.clone()).await
    {
        tracing::error!("the consumer failed, and is started anew: {error:#}");
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// Applies messages.
pub struct Ingest {
    pub pool: PgPool,
    /// Rung after a commit that put a message aside.
    pub refused: Arc<Notify>,
}

impl Apply for &Ingest {
    async fn apply(&self, batch: &[OwnedMessage]) -> anyhow::Result<()> {
        let now = Timestamp::now();
        let mut letters = Vec::new();
        let mut readable = Vec::with_capacity(batch.len());
        for message in batch {
            match read(message.topic(), message.payload().unwrap_or_default(), now) {
                Ok(activity) => readable.push((message, activity)),
                Err(refusal) => letters.push(set_aside(message, &refusal)),
            }
        }
        let activities: Vec<&Activity> = readable.iter().map(|(_, activity)| activity).collect();
        match service::ingest(&self.pool, &activities, &letters).await {
            Ok(ingested) => self.done(ingested),
            Err(error) if error.blames_data() => {
                tracing::warn!("a batch is applied one by one: {error}");
                self.one_by_one(&readable, letters).await?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

impl Ingest {
    /// So that a message which the database refuses takes no other with it.
    async fn one_by_one(
        &self,
        readable: &[(&OwnedMessage, Activity)],
        mut letters: Vec<DeadLetter>,
    ) -> anyhow::Result<()> {
        for (message, activity) in readable {
            match service::ingest(&self.pool, &[activity], &[]).await {
                Ok(ingested) => self.done(ingested),
                Err(error) if error.blames_data() => letters.push(set_aside(message, &error)),
                Err(error) => return Err(error.into()),
            }
        }
        self.done(service::ingest(&self.pool, &[], &letters).await?);
        Ok(())
    }

    fn done(&self, ingested: Ingested) {
        let counts = [
            ("applied", ingested.applied),
            ("repeated", ingested.repeated),
            ("refused", ingested.refused),
        ];
        for (result, count) in counts {
            metrics::counter!("events_consumed_total", "result" => result).increment(count);
        }
        if ingested.refused > 0 {
            tracing::warn!("{} messages went to the dead letters", ingested.refused);
            self.refused.notify_one();
        }
    }
}

fn set_aside(message: &OwnedMessage, reason: &impl ToString) -> DeadLetter {
    DeadLetter {
        id: DeadLetterId::new(),
        topic: message.topic().to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(<[u8]>::to_vec),
        payload: message.payload().unwrap_or_default().to_vec(),
        // A reason may quote the message, and Postgres has no text with U+0000.
        reason: reason.to_string().replace('\0', "\u{fffd}"),
    }
}

/// Why a message cannot be read.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("not the JSON of this topic's event: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("eventType is {found:?}, and must be {expected:?} on this topic")]
    WrongType { found: String, expected: &'static str },
    #[error("schemaVersion {0} is not known")]
    UnknownSchema(u32),
    #[error("dated {0}, more than a day ahead of the time it came")]
    Ahead(Timestamp),
    #[error("no event belongs on this topic")]
    UnknownTopic,
}

fn read(topic: &str, payload: &[u8], now: Timestamp) -> Result<Activity, Refusal> {
    let activity = match topic {
        UserRegistered::TOPIC => {
            let Envelope { event_id, payload, .. } = open::<UserRegistered>(payload)?;
            Activity::User(UserActivity {
                event_id,
                user_id: payload.user_id,
                event_time: payload.registered_at,
            })
        }
        PromptCreated::TOPIC => {
            let Envelope { event_id, payload, .. } = open::<PromptCreated>(payload)?;
            Activity::Prompt(PromptActivity {
                event_id,
                prompt_id: payload.prompt_id,
                user_id: Some(payload.user_id),
                event_time: payload.created_at,
                event: PromptEvent::Created,
            })
        }
        PromptViewed::TOPIC => {
            let Envelope { event_id, payload, .. } = open::<PromptViewed>(payload)?;
            Activity::Prompt(PromptActivity {
                event_id,
                prompt_id: payload.prompt_id,
                user_id: payload.user_id,
                event_time: payload.viewed_at,
                event: PromptEvent::Viewed { viewer_key: payload.viewer_key },
            })
        }
        _ => return Err(Refusal::UnknownTopic),
    };
    match activity.event_time() {
        time if time.0 > now.0 + MAX_AHEAD => Err(Refusal::Ahead(time)),
        _ => Ok(activity),
    }
}

fn open<P: Event + DeserializeOwned>(payload: &[u8]) -> Result<Envelope<P>, Refusal> {
    let envelope: Envelope<P> = serde_json::from_slice(payload)?;
    if envelope.event_type != P::TYPE {
        return Err(Refusal::WrongType { found: envelope.event_type, expected: P::TYPE });
    }
    if envelope.schema_version != P::SCHEMA_VERSION {
        return Err(Refusal::UnknownSchema(envelope.schema_version));
    }
    Ok(envelope)
}

#[cfg(test)]
mod tests {
    use ids::{EventId, UserId};
    use serde_json::{Value, json};

    use super::*;

    fn registered() -> Value {
        json!({
            "eventId": EventId::new(), "eventType": "USER_REGISTERED", "schemaVersion": 1,
            "occurredAt": "2026-01-31T09:30:00.000Z", "userId": UserId::new(), "username": "ada",
            "registeredAt": "2026-01-31T09:30:00.000Z",
        })
    }

    fn refusal(change: impl FnOnce(&mut Value)) -> String {
        let mut event = registered();
        change(&mut event);
        let bytes = serde_json::to_vec(&event).unwrap();
        read(UserRegistered::TOPIC, &bytes, Timestamp::now()).unwrap_err().to_string()
    }

    #[test]
    fn fields_that_are_not_known_are_ignored() {
        let mut event = registered();
        event["country"] = json!("GB");
        let bytes = serde_json::to_vec(&event).unwrap();
        let activity = read(UserRegistered::TOPIC, &bytes, Timestamp::now()).unwrap();
        assert_eq!(activity.event_type(), "REGISTERED");
        assert_eq!(activity.event_time().to_string(), "2026-01-31T09:30:00.000Z");
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        let no_user = refusal(|event| {
            event.as_object_mut().unwrap().remove("userId");
        });
        assert!(no_user.contains("missing field `userId`"), "{no_user}");
        let wrong_type = refusal(|event| event["eventType"] = json!("PROMPT_VIEWED"));
        assert!(wrong_type.contains("\"PROMPT_VIEWED\""), "{wrong_type}");
        let new_schema = refusal(|event| event["schemaVersion"] = json!(2));
        assert!(new_schema.contains("schemaVersion 2"), "{new_schema}");
        let ahead = refusal(|event| {
            let tomorrow = Timestamp(Timestamp::now().0 + MAX_AHEAD + Duration::from_secs(60));
            event["registeredAt"] = json!(tomorrow);
        });
        assert!(ahead.contains("ahead"), "{ahead}");
    }
}
