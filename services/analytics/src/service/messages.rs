//! From a message of Kafka to an [`Activity`].
//!
//! Only the fields that an activity is made of are parsed. All others are passed over by their
//! brackets and quotes alone, whatever is in them: a number that no type holds, half a surrogate pair, any
//! depth of nesting, our own names further inside.

mod fields;

use std::time::Duration;

use chrono::DateTime;
use events::{Event, PromptCreated, PromptViewed, UserRegistered};
use timestamp::Timestamp;

use crate::domain::{Activity, AnonymousViewer, PromptActivity, PromptEvent, UserActivity};
use fields::{FieldError, Fields, Name};

/// The most that an event may be dated ahead of our clock. Clocks differ by seconds; an event further
/// ahead is a fault in its producer, and would sit in figures for days that have not come.
const MAX_AHEAD: Duration = Duration::from_secs(24 * 60 * 60);

/// The version of every event that there is.
const SCHEMA_VERSION: u64 = 1;

/// The reason why a message cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the payload is null")]
    Null,
    #[error("the payload is empty")]
    Empty,
    #[error("not UTF-8: {0}")]
    NotUtf8(#[from] std::str::Utf8Error),
    #[error("not a JSON object: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error("eventType is {found:?}, and must be {expected:?} on this topic")]
    WrongType { found: String, expected: &'static str },
    #[error("schemaVersion {version} is not known: {error}")]
    UnknownSchema { version: u64, error: FieldError },
    #[error("dated {0}, more than a day ahead of the time it came")]
    Ahead(Timestamp),
    #[error("no event belongs on this topic")]
    UnknownTopic,
}

/// Reads the fields of one topic's event.
type ReadEvent = fn(&Fields<'_>) -> Result<Activity, FieldError>;

/// Reads a message that came on `topic`, at the time `now`.
///
/// # Errors
/// When it can never be applied.
pub fn read(topic: &str, payload: Option<&[u8]>, now: Timestamp) -> Result<Activity, Refusal> {
    let payload = match payload {
        None => return Err(Refusal::Null),
        Some([]) => return Err(Refusal::Empty),
        Some(payload) => std::str::from_utf8(payload)?,
    };
    // First: on a topic of something else there is nothing to be said about the message.
    let (expected, read_event): (_, ReadEvent) = match topic {
        UserRegistered::TOPIC => (UserRegistered::TYPE, read_registration),
        PromptCreated::TOPIC => (PromptCreated::TYPE, read_creation),
        PromptViewed::TOPIC => (PromptViewed::TYPE, read_view),
        _ => return Err(Refusal::UnknownTopic),
    };
    let fields: Fields<'_> = serde_json::from_str(payload)?;
    let found: String = fields.required(Name::EventType)?;
    if found != expected {
        return Err(Refusal::WrongType { found, expected });
    }
    // A version that is not known is read for as long as it has our fields.
    let version: u64 = fields.required(Name::SchemaVersion)?;
    let activity = read_event(&fields).map_err(|error| match version {
        SCHEMA_VERSION => Refusal::Field(error),
        version => Refusal::UnknownSchema { version, error },
    })?;
    match activity.event_time() {
        time if time.0 > now.0 + MAX_AHEAD => Err(Refusal::Ahead(time)),
        _ => Ok(activity),
    }
}

fn read_registration(fields: &Fields<'_>) -> Result<Activity, FieldError> {
    Ok(Activity::User(UserActivity {
        event_id: fields.required(Name::EventId)?,
        user_id: fields.required(Name::UserId)?,
        event_time: time(fields, Name::RegisteredAt)?,
    }))
}

fn read_creation(fields: &Fields<'_>) -> Result<Activity, FieldError> {
    Ok(Activity::Prompt(PromptActivity {
        event_id: fields.required(Name::EventId)?,
        prompt_id: fields.required(Name::PromptId)?,
        user_id: Some(fields.required(Name::UserId)?),
        event_time: time(fields, Name::CreatedAt)?,
        event: PromptEvent::Created,
    }))
}

fn read_view(fields: &Fields<'_>) -> Result<Activity, FieldError> {
    let viewer_key: Option<String> = fields.optional(Name::ViewerKey)?;
    Ok(Activity::Prompt(PromptActivity {
        event_id: fields.required(Name::EventId)?,
        prompt_id: fields.required(Name::PromptId)?,
        user_id: fields.optional(Name::UserId)?,
        event_time: time(fields, Name::ViewedAt)?,
        event: PromptEvent::Viewed {
            anonymous: viewer_key.as_deref().map(AnonymousViewer::from_key),
        },
    }))
}

/// Reads a time, cut to the microseconds that Postgres keeps. A leap second becomes the second after it,
/// as it does in Postgres: its month must be the month of the partition that it goes into.
fn time(fields: &Fields<'_>, name: Name) -> Result<Timestamp, FieldError> {
    let time: Timestamp = fields.required(name)?;
    Ok(DateTime::from_timestamp_micros(time.0.timestamp_micros()).map_or(time, Timestamp))
}

#[cfg(test)]
mod tests;
