//! Messages, and what must become of each.

use chrono::{DateTime, SecondsFormat, Utc};
use events::{Event, PromptCreated, PromptViewed, UserRegistered};
use serde_json::{Value, json};
use uuid::Uuid;

pub type Header = (String, Option<Vec<u8>>);

/// A message, as it goes to the broker.
#[derive(Clone, Debug)]
pub struct Message {
    pub topic: &'static str,
    pub partition: i32,
    pub key: Option<Vec<u8>>,
    pub headers: Vec<Header>,
    pub payload: Option<Vec<u8>>,
    pub meaning: Meaning,
}

/// What a message is to the service.
#[derive(Clone, Debug)]
pub enum Meaning {
    Event(Fact),
    /// An event that is older than what is kept.
    Expired,
    /// A message that nobody can read, of a kind.
    Garbage(&'static str),
}

/// What an event states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub id: Uuid,
    pub kind: Kind,
    /// The user who registered, or the prompt.
    pub subject: Uuid,
    /// The author, or the viewer with an account.
    pub user: Option<Uuid>,
    pub viewer_key: Option<String>,
    pub time: DateTime<Utc>,
}

/// The type of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Registered,
    Created,
    Viewed,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Registered, Self::Created, Self::Viewed];

    pub fn topic(self) -> &'static str {
        match self {
            Self::Registered => UserRegistered::TOPIC,
            Self::Created => PromptCreated::TOPIC,
            Self::Viewed => PromptViewed::TOPIC,
        }
    }

    /// Returns the value of `eventType`.
    pub fn event_type(self) -> &'static str {
        match self {
            Self::Registered => UserRegistered::TYPE,
            Self::Created => PromptCreated::TYPE,
            Self::Viewed => PromptViewed::TYPE,
        }
    }

    /// Returns the value of the column `event_type`.
    pub fn column(self) -> &'static str {
        match self {
            Self::Registered => "REGISTERED",
            Self::Created => "CREATED",
            Self::Viewed => "VIEWED",
        }
    }
}

impl Fact {
    /// Returns the event as its producer writes it.
    pub fn json(&self) -> Value {
        let time = format_time(self.time);
        let mut event = json!({
            "eventId": self.id, "eventType": self.kind.event_type(), "schemaVersion": 1,
            "occurredAt": time,
        });
        let fields = match self.kind {
            Kind::Registered => {
                json!({ "userId": self.subject, "username": "ada", "registeredAt": time })
            }
            Kind::Created => json!({
                "promptId": self.subject, "title": "A title", "userId": self.user,
                "username": "ada", "category": "Writing", "isPublic": true, "createdAt": time,
            }),
            Kind::Viewed => json!({
                "promptId": self.subject, "title": "A title", "category": "Writing",
                "userId": self.user, "viewerKey": self.viewer_key, "viewedAt": time,
            }),
        };
        if let (Value::Object(event), Value::Object(fields)) = (&mut event, fields) {
            event.extend(fields);
        }
        event
    }

    /// Returns a message with this payload in the partition of the key.
    pub fn message(&self, payload: String) -> Message {
        let key = self.subject.to_string().into_bytes();
        let partition = i32::from(self.subject.as_bytes()[15]) % events::topics::PARTITIONS;
        Message {
            topic: self.kind.topic(),
            partition,
            key: Some(key),
            headers: vec![("x-request-id".to_owned(), Some(self.id.to_string().into_bytes()))],
            payload: Some(payload.into_bytes()),
            meaning: Meaning::Event(self.clone()),
        }
    }
}

pub fn format_time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
