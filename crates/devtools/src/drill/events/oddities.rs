//! Messages that are odd: events that must count all the same, and garbage of every kind.

use chrono::{TimeDelta, Utc};
use uuid::Uuid;

use super::message::{Fact, Kind, Meaning, Message, format_time};
use crate::seed::rng::Rng;

/// The most bytes that a message of a dead-letter topic has in the drill.
pub const LETTER_BYTES: usize = 100_000;

type MakeGarbage = fn(&Fact, &mut Rng) -> Message;

/// Every kind of garbage.
pub const GARBAGE: [(&str, MakeGarbage); 36] = [
    ("a null payload", |fact, _| Message { payload: None, ..garbled(fact, "") }),
    ("an empty payload", |fact, _| garbled(fact, "")),
    ("a null payload without a key", |fact, _| Message {
        payload: None,
        key: None,
        headers: Vec::new(),
        ..garbled(fact, "")
    }),
    ("an empty payload with an empty key", |fact, _| Message {
        key: Some(Vec::new()),
        ..garbled(fact, "")
    }),
    ("no JSON", |fact, _| garbled(fact, "not json")),
    ("half of an event", |fact, _| cut(fact)),
    ("two events", |fact, _| garbled(fact, &format!("{0}{0}", fact.json()))),
    ("an array", |fact, _| garbled(fact, "[]")),
    ("null in JSON", |fact, _| garbled(fact, "null")),
    ("a byte order mark", |fact, _| garbled(fact, &format!("\u{feff}{}", fact.json()))),
    ("100,000 brackets", |fact, _| garbled(fact, &"[".repeat(90_000))),
    ("wrong UTF-8", |fact, _| {
        let mut payload = fact.json().to_string().into_bytes();
        payload.insert(1, 0xe9);
        Message { payload: Some(payload), ..garbled(fact, "") }
    }),
    ("a NUL", |fact, _| replaced(fact, "A title", "A\0title")),
    ("a NUL in an id", |fact, _| replaced(fact, &fact.id.to_string(), "\\u0000")),
    ("half a surrogate pair in an id", |fact, _| replaced(fact, &fact.id.to_string(), "\\ud800")),
    ("half a surrogate pair in a viewer's key", |fact, _| {
        changed(&view(fact), "viewerKey", "\"\\udc00\"")
    }),
    ("1e400 in a field of ours", |fact, _| changed(fact, "schemaVersion", "1e400")),
    ("a version that is text", |fact, _| changed(fact, "schemaVersion", "\"1\"")),
    ("a negative version", |fact, _| changed(fact, "schemaVersion", "-1")),
    ("an id that is a number", |fact, _| changed(fact, "eventId", "5")),
    ("an id that is none", |fact, _| changed(fact, "eventId", "\"5\"")),
    ("no prompt", |fact, _| changed(&view(fact), "promptId", "null")),
    ("a viewer that is a list", |fact, _| changed(&view(fact), "userId", "[]")),
    ("another topic's type", |fact, _| {
        let other = if fact.kind == Kind::Viewed { Kind::Created } else { Kind::Viewed };
        replaced(fact, fact.kind.event_type(), other.event_type())
    }),
    ("a type in small letters", |fact, _| {
        replaced(fact, fact.kind.event_type(), &fact.kind.event_type().to_lowercase())
    }),
    ("a field twice", |fact, _| garbled(fact, &with_front(fact, "\"eventId\":null"))),
    ("a missing field", |fact, _| replaced(fact, "\"eventId\"", "\"id\"")),
    ("an unknown version without its fields", |fact, _| {
        let event = fact.json().to_string().replace("\"schemaVersion\":1", "\"schemaVersion\":9");
        garbled(
            fact,
            &event.replace("\"promptId\"", "\"prompt\"").replace("\"userId\"", "\"user\""),
        )
    }),
    ("44 BC", |fact, _| dated(fact, "-0043-03-15T12:00:00Z")),
    ("the year 10000", |fact, _| dated(fact, "10000-01-01T00:00:00Z")),
    ("a day that there is not", |fact, _| dated(fact, "2026-02-30T00:00:00Z")),
    ("a time without an offset", |fact, _| dated(fact, "2026-01-31T09:30:00")),
    ("next month", |fact, _| dated(fact, &format_time(Utc::now() + TimeDelta::days(31)))),
    ("a key of bytes", |fact, _| Message {
        key: Some(vec![0xff, 0, 0xc3, 0x28]),
        ..garbled(fact, "a key of bytes")
    }),
    ("odd headers", |fact, _| Message { headers: odd_headers(), ..garbled(fact, "odd headers") }),
    ("more than a dead-letter topic takes", |fact, rng| {
        // Random, since compressed it would fit.
        let payload = (0..LETTER_BYTES / 4).flat_map(|_| rng.bits().to_le_bytes()).collect();
        Message { payload: Some(payload), ..garbled(fact, "") }
    }),
];

/// Makes garbage of the kind with this number, which wraps around.
pub fn garbage(fact: &Fact, number: usize, rng: &mut Rng) -> Message {
    let (kind, make) = GARBAGE[number % GARBAGE.len()];
    // One with a version to come needs a prompt or a user that can be missing, and a view has both.
    let fact =
        if kind == "an unknown version without its fields" { view(fact) } else { fact.clone() };
    Message { meaning: Meaning::Garbage(kind), ..make(&fact, rng) }
}

/// Makes an event that looks odd; those of 1970 are passed over.
pub fn odd_event(fact: Fact, number: usize) -> Message {
    let brackets = format!("\"x\":{}{}", "[".repeat(200), "]".repeat(200));
    let front = |fields: &str| fact.message(with_front(&fact, fields));
    match number % 14 {
        0 => front("\"x\":1e400"),
        1 => front("\"x\":\"\\ud800\",\"y\":\"\\udc00\\ud800\""),
        2 => front(&brackets),
        3 => front("\"x\":{\"eventId\":5,\"eventType\":[],\"userId\":null,\"promptId\":1e400}"),
        4 => front("\"\\ud800\":1,\"x\":-1e-99999,\"x\":2"),
        5 => {
            let capitals = fact.id.to_string().to_uppercase();
            fact.message(fact.json().to_string().replace(&fact.id.to_string(), &capitals))
        }
        6 => fact.message(fact.json().to_string().replace("A title", "\\u0000 \\ud83d")),
        7 => fact.message(set(&fact, "schemaVersion", "2")),
        8 => {
            let (name, offset) = (time_field(fact.kind), TimeDelta::minutes(345));
            let local = (fact.time + offset).naive_utc().format("%Y-%m-%dT%H:%M:%S%.3f+05:45");
            fact.message(set(&fact, name, &format!("\"{local}\"")))
        }
        9 => fact.message(format!(" \t\r\n{} \n", fact.json())),
        10 => Message { headers: odd_headers(), ..fact.message(fact.json().to_string()) },
        11 => Message { key: Some(vec![0xff, 0xfe]), ..fact.message(fact.json().to_string()) },
        12 => {
            let fact = Fact { viewer_key: Some("a\0b".to_owned()), user: None, ..view(&fact) };
            fact.message(fact.json().to_string())
        }
        _ => {
            let message =
                fact.message(set(&fact, time_field(fact.kind), "\"1970-01-01T00:00:00Z\""));
            Message { meaning: Meaning::Expired, ..message }
        }
    }
}

/// Returns headers as they may be, also of names that a forwarded letter has.
fn odd_headers() -> Vec<(String, Option<Vec<u8>>)> {
    let header = |name: &str, value: Option<&[u8]>| (name.to_owned(), value.map(<[u8]>::to_vec));
    vec![
        header("twice", Some(b"1")),
        header("null", None),
        header("empty", Some(b"")),
        header("bytes", Some(&[0xff, 0, 0xc3])),
        header("twice", Some(b"2")),
        header("", Some(b"no name")),
        header("größe", Some("größe".as_bytes())),
        header("dead-letter-reason", Some(b"made up")),
        header("traceparent", Some(b"not one")),
    ]
}

fn time_field(kind: Kind) -> &'static str {
    match kind {
        Kind::Registered => "registeredAt",
        Kind::Created => "createdAt",
        Kind::Viewed => "viewedAt",
    }
}

/// Returns a view of the prompt that the fact is about.
fn view(fact: &Fact) -> Fact {
    let subject = if fact.kind == Kind::Registered { Uuid::now_v7() } else { fact.subject };
    Fact { kind: Kind::Viewed, subject, ..fact.clone() }
}

fn garbled(fact: &Fact, payload: &str) -> Message {
    fact.message(payload.to_owned())
}

fn cut(fact: &Fact) -> Message {
    let event = fact.json().to_string();
    garbled(fact, &event[..event.len() / 2])
}

fn replaced(fact: &Fact, text: &str, by: &str) -> Message {
    // A registration has no title, but it has a name.
    let event = fact.json().to_string().replace("\"ada\"", "\"A title\"");
    garbled(fact, &event.replace(text, by))
}

fn dated(fact: &Fact, time: &str) -> Message {
    changed(fact, time_field(fact.kind), &format!("\"{time}\""))
}

/// Returns the event with more fields in its front.
fn with_front(fact: &Fact, fields: &str) -> String {
    format!("{{{fields},{}", &fact.json().to_string()[1..])
}

/// Returns the event with a field that has a value, in JSON.
fn set(fact: &Fact, name: &str, value: &str) -> String {
    let mut event = fact.json();
    if let Some(object) = event.as_object_mut() {
        object.remove(name);
    }
    format!("{{\"{name}\":{value},{}", &event.to_string()[1..])
}

fn changed(fact: &Fact, name: &str, value: &str) -> Message {
    garbled(fact, &set(fact, name, value))
}
