use http_kit::context::RequestContext;
use ids::EventId;
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;

/// A payload that has a topic of its own.
pub trait Event: Serialize {
    const TOPIC: &'static str;
    /// The `eventType` field.
    const TYPE: &'static str;
    const SCHEMA_VERSION: u32 = 1;

    /// Returns the id of the event's subject; events with one key stay in order.
    fn key(&self) -> String;
}

/// An event: the fields that all have, beside those of its payload.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope<P> {
    pub event_id: EventId,
    pub event_type: String,
    pub schema_version: u32,
    pub occurred_at: Timestamp,
    #[serde(flatten)]
    pub payload: P,
}

impl<P: Event> Envelope<P> {
    /// Makes an event that happens now.
    pub fn new(payload: P) -> Self {
        Self {
            event_id: EventId::new(),
            event_type: P::TYPE.to_owned(),
            schema_version: P::SCHEMA_VERSION,
            occurred_at: Timestamp::now(),
            payload,
        }
    }
}

/// The headers that tie an event to the request that caused it.
#[derive(Clone, Debug, Default)]
pub struct EventHeaders {
    pub request_id: Option<String>,
    pub traceparent: Option<String>,
}

impl EventHeaders {
    /// Returns the headers of what the request being served causes; empty outside a request.
    pub fn current() -> Self {
        let context = RequestContext::current();
        Self {
            request_id: context.as_ref().map(|c| c.request_id().to_owned()),
            traceparent: context
                .and_then(|c| c.child_traceparent().to_str().map(str::to_owned).ok()),
        }
    }

    /// Returns the headers of a message.
    pub(crate) fn wire(&self) -> Vec<(&'static str, Option<&[u8]>)> {
        let mut headers = vec![("content-type", Some(b"application/json".as_slice()))];
        let optional = [("x-request-id", &self.request_id), ("traceparent", &self.traceparent)];
        for (name, value) in optional {
            headers.extend(value.as_ref().map(|value| (name, Some(value.as_bytes()))));
        }
        headers
    }
}
