//! From a message of Kafka to an [`Activity`].

use std::time::Duration;

use events::{Envelope, Event, PromptCreated, PromptViewed, UserRegistered};
use serde::de::DeserializeOwned;
use timestamp::Timestamp;

use crate::domain::{Activity, AnonymousViewer, PromptActivity, PromptEvent, UserActivity};

/// The most that an event may be dated ahead of our clock. Clocks differ by seconds; an event further
/// ahead is a fault in its producer, and would sit in figures for days that have not come. The past has
/// no limit: events may be as old as the outage that kept them back.
const MAX_AHEAD: Duration = Duration::from_secs(24 * 60 * 60);

/// The reason why a message cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
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

/// Reads a message that came on `topic`, at the time `now`.
///
/// # Errors
/// When it can never be applied.
pub fn read(topic: &str, payload: &[u8], now: Timestamp) -> Result<Activity, Refusal> {
    let activity = match topic {
        UserRegistered::TOPIC => {
            let Envelope { event_id, payload, .. } = parse::<UserRegistered>(payload)?;
            Activity::User(UserActivity {
                event_id,
                user_id: payload.user_id,
                event_time: payload.registered_at,
            })
        }
        PromptCreated::TOPIC => {
            let Envelope { event_id, payload, .. } = parse::<PromptCreated>(payload)?;
            Activity::Prompt(PromptActivity {
                event_id,
                prompt_id: payload.prompt_id,
                user_id: Some(payload.user_id),
                event_time: payload.created_at,
                event: PromptEvent::Created,
            })
        }
        PromptViewed::TOPIC => {
            let Envelope { event_id, payload, .. } = parse::<PromptViewed>(payload)?;
            Activity::Prompt(PromptActivity {
                event_id,
                prompt_id: payload.prompt_id,
                user_id: payload.user_id,
                event_time: payload.viewed_at,
                event: PromptEvent::Viewed {
                    anonymous: payload.viewer_key.as_deref().map(AnonymousViewer::from_key),
                },
            })
        }
        _ => return Err(Refusal::UnknownTopic),
    };
    match activity.event_time() {
        time if time.0 > now.0 + MAX_AHEAD => Err(Refusal::Ahead(time)),
        _ => Ok(activity),
    }
}

/// Parses the event of a topic.
fn parse<P: Event + DeserializeOwned>(payload: &[u8]) -> Result<Envelope<P>, Refusal> {
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
