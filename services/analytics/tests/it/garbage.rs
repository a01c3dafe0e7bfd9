//! Messages of every kind that cannot be read, to the byte: in the table, on the dead-letter topic, and
//! through the calls.

use std::time::Duration;

use events::producer::RawMessage;
use rdkafka::{
    Message as _,
    message::{Headers, OwnedMessage},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{eventually, read_topic};
use timestamp::Timestamp;

use crate::support::{Fixture, Message, created, registered, start, viewed};

type HeaderList = Vec<(&'static str, Option<&'static [u8]>)>;

/// A message that cannot be read.
struct Garbage {
    topic: &'static str,
    key: Option<Vec<u8>>,
    payload: Option<Vec<u8>>,
    headers: HeaderList,
}

impl Garbage {
    async fn send(&self, fixture: &Fixture) {
        let Self { topic, key, payload, headers } = self;
        let message =
            RawMessage { topic, key: key.as_deref(), payload: payload.as_deref(), headers };
        fixture.producer.deliver_raw(&message).await.unwrap();
    }
}

/// Returns an event of each topic.
fn events() -> [Message; 3] {
    let prompt = created("Linux Terminal");
    [Message::of(registered()), Message::of(prompt.clone()), Message::of(viewed(&prompt, None))]
}

fn dated(event: &Message, time: &str) -> Vec<u8> {
    let mut json: Value = serde_json::from_str(&event.payload).unwrap();
    for name in ["registeredAt", "createdAt", "viewedAt"] {
        if json.get(name).is_some() {
            json[name] = json!(time);
        }
    }
    json.to_string().into_bytes()
}

/// Returns every kind of garbage, on every topic.
fn garbage() -> Vec<Garbage> {
    let next_month = Timestamp(Timestamp::now().0 + Duration::from_secs(31 * 24 * 60 * 60));
    let events = events();
    let mut all = Vec::new();
    for (at, event) in events.iter().enumerate() {
        let good = event.payload.as_bytes();
        let payloads: Vec<Option<Vec<u8>>> = vec![
            None,
            Some(vec![]),
            Some(b"\0".to_vec()),
            Some(b"null".to_vec()),
            Some(b"[]".to_vec()),
            Some(b"\xff\xfe\x00not UTF-8".to_vec()),
            Some([b"\xef\xbb\xbf", good].concat()),
            Some(good[..good.len() / 2].to_vec()),
            Some([good, good].concat()),
            Some(event.payload.replace("\"eventId\":\"", "\"eventId\":\"x").into_bytes()),
            Some(event.payload.replace("eventId", "id").into_bytes()),
            Some(events[(at + 1) % 3].payload.clone().into_bytes()),
            Some(event.payload.replace("Version\":1", "Version\":null").into_bytes()),
            Some(dated(event, "-0043-03-15T12:00:00Z")),
            Some(dated(event, "10000-01-01T00:00:00Z")),
            Some(dated(event, &next_month.to_string())),
        ];
        for (kind, payload) in payloads.into_iter().enumerate() {
            let (key, headers): (_, HeaderList) = match kind % 3 {
                0 => (None, vec![]),
                1 => (
                    Some(vec![]),
                    vec![("x", Some(b"1")), ("", None), ("x", Some(b"")), ("x", Some(b"\0\xff"))],
                ),
                _ => (Some(b"\x00\xff key".to_vec()), vec![("content-type", Some(b"text/plain"))]),
            };
            all.push(Garbage { topic: event.topic, key, payload, headers });
        }
    }
    all
}

async fn letters_are(pool: &PgPool, count: usize) {
    eventually(&format!("{count} dead letters"), || async {
        let letters: i64 =
            sqlx::query_scalar("select count(*) from dead_letters").fetch_one(pool).await.unwrap();
        assert!(letters <= count as i64, "{letters} of {count}");
        (letters == count as i64).then_some(())
    })
    .await;
}

fn header<'a>(message: &'a OwnedMessage, name: &str) -> Option<&'a [u8]> {
    message.headers().unwrap().iter().find(|it| it.key == name).and_then(|it| it.value)
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn garbage_of_every_kind_is_kept_and_sent_on_to_the_byte(pool: PgPool) {
    let fixture = start(&pool).await;
    let garbage = garbage();
    for it in &garbage {
        it.send(&fixture).await;
    }
    // The rest goes on.
    fixture.publish([registered()]).await;
    fixture.stats_when("totalUserEvents", 1).await;
    letters_are(&pool, garbage.len()).await;

    for topic in ["user.registered", "prompt.created", "prompt.viewed"] {
        let sent: Vec<&Garbage> = garbage.iter().filter(|it| it.topic == topic).collect();
        let arrived =
            read_topic(fixture.broker.address(), &format!("{topic}.dlq"), sent.len()).await;
        for it in sent {
            let same = arrived.iter().filter(|other| {
                let headers = other.headers().unwrap().iter().map(|it| (it.key, it.value));
                other.key() == it.key.as_deref()
                    && other.payload() == it.payload.as_deref()
                    && headers.take(it.headers.len()).eq(it.headers.iter().copied())
            });
            let same: Vec<&OwnedMessage> = same.collect();
            assert_eq!(same.len(), 1, "{topic}: {:?} {:?}", it.key, it.payload);
            assert_eq!(header(same[0], "dead-letter-topic"), Some(topic.as_bytes()));
            for name in ["reason", "partition", "offset", "time"] {
                assert!(header(same[0], &format!("dead-letter-{name}")).is_some(), "{name}");
            }
        }
    }
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn a_letter_that_is_too_large_for_its_topic_is_cut_and_holds_up_no_other(pool: PgPool) {
    let fixture = start(&pool).await;
    let large = Garbage {
        topic: "prompt.viewed",
        key: Some(b"large".to_vec()),
        // With the headers that are added it is over the limit, which it alone is not.
        payload: Some(vec![b'x'; 1_048_576 - 200]),
        headers: vec![],
    };
    let small = Garbage { payload: Some(b"small".to_vec()), ..events_garbage() };
    large.send(&fixture).await;
    small.send(&fixture).await;
    letters_are(&pool, 2).await;
    let arrived = read_topic(fixture.broker.address(), "prompt.viewed.dlq", 2).await;
    assert!(arrived.iter().any(|it| it.payload() == Some(b"small")));
    let cut = arrived.iter().find(|it| it.key() == Some(b"large")).unwrap();
    let (payload, whole) = (cut.payload().unwrap(), large.payload.as_deref().unwrap());
    assert!(whole.starts_with(payload));
    if payload.len() < whole.len() {
        let size = whole.len().to_string();
        assert_eq!(header(cut, "dead-letter-original-size"), Some(size.as_bytes()));
    }
    let admin = crate::dead_letter_calls::admin(&fixture);
    let letters = admin.get("/analytics/dead-letters").await.expect(200);
    let mut letters = letters["content"].as_array().unwrap().iter();
    let id = letters.find(|it| it["size"] == whole.len()).unwrap()["id"].as_str().unwrap();
    let letter = admin.get(&format!("/analytics/dead-letters/{id}")).await.expect(200);
    assert_eq!(letter["payload"].as_str().unwrap().len(), 64 * 1024);
    assert_eq!(letter["payloadTruncated"], true);
}

fn events_garbage() -> Garbage {
    Garbage { topic: "prompt.viewed", key: None, payload: None, headers: vec![] }
}
