//! The producer: outages, bounds, refusals, and what a message carries.

use std::{pin::pin, time::Duration};

use events::{Envelope, Event, PromptCreated, PromptViewed, RawMessage, SendError};
use http::HeaderMap;
use http_kit::context::RequestContext;
use ids::{PromptId, UserId};
use local_broker::LocalBroker;
use rdkafka::{
    Message,
    message::Headers,
    mocking::MockCluster,
    types::{RDKafkaApiKey, RDKafkaRespErr},
};
use testkit::{Broker, read_topic};
use timestamp::Timestamp;
use tokio::time::{sleep, timeout};

use crate::support::{faulty_broker, producer};

fn view(number: usize) -> Envelope<PromptViewed> {
    Envelope::new(PromptViewed {
        prompt_id: PromptId::new(),
        title: format!("view {number}"),
        category: "Writing".to_owned(),
        is_public: Some(true),
        user_id: None,
        viewer_key: None,
        viewed_at: Timestamp::now(),
    })
}

fn dropped_events() -> u64 {
    let text = http_kit::telemetry::metrics().render();
    let value = |line: &str| line.strip_prefix("events_dropped_total ")?.trim().parse().ok();
    text.lines().find_map(value).unwrap_or(0)
}

#[tokio::test]
async fn views_during_an_outage_of_the_broker_arrive_after_it_once_each() {
    let broker = LocalBroker::start().unwrap();
    let producer = producer(broker.address());
    for number in 0..100 {
        producer.offer(&view(number));
    }
    broker.down().unwrap();
    // A thousand views a second for five seconds.
    for number in 100..5100 {
        producer.offer(&view(number));
        if number % 100 == 0 {
            sleep(Duration::from_millis(100)).await;
        }
    }
    broker.up().unwrap();
    let messages = read_topic(broker.address(), PromptViewed::TOPIC, 5100).await;
    producer.flush(Duration::from_secs(5)).await;
    let messages = match messages.len() {
        // One that came twice would come after the others.
        5100 => read_topic(broker.address(), PromptViewed::TOPIC, 5100).await,
        count => panic!("{count} messages"),
    };
    let mut titles: Vec<String> = messages
        .iter()
        .map(|message| serde_json::from_slice::<serde_json::Value>(message.payload().unwrap()))
        .map(|event| event.unwrap()["title"].as_str().unwrap().to_owned())
        .collect();
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), 5100);
}

#[tokio::test]
async fn events_wait_for_a_topic_that_the_broker_does_not_have_yet() {
    let broker = MockCluster::new(1).unwrap();
    let producer = producer(&broker.bootstrap_servers());
    let message =
        RawMessage { topic: PromptViewed::TOPIC, key: None, payload: Some(b"{}"), headers: &[] };
    let mut delivering = pin!(producer.deliver_raw(&message));
    // Long enough for some looks at the topics.
    let waiting = timeout(Duration::from_secs(5), &mut delivering).await;
    assert!(waiting.is_err(), "it did not wait: {waiting:?}");
    broker.create_topic(PromptViewed::TOPIC, 6, 1).unwrap();
    delivering.await.unwrap();
}

#[tokio::test]
async fn views_beyond_the_bound_are_dropped_and_counted() {
    // The discard port: nothing listens there.
    let producer = producer("127.0.0.1:9");
    let before = dropped_events();
    let view = view(0);
    for _ in 0..100_030 {
        producer.offer(&view);
    }
    let dropped = dropped_events() - before;
    assert!(dropped >= 30, "{dropped} counted");
    // What is left unsent at shutdown is lost as well.
    producer.flush(Duration::from_millis(100)).await;
    let dropped = dropped_events() - before;
    assert!(dropped >= 100_030, "{dropped} counted");
}

#[tokio::test]
async fn null_and_empty_keys_payloads_and_headers_arrive_as_they_are() {
    let broker = Broker::start().await;
    let producer = producer(broker.address());
    let headers: [(&str, Option<&[u8]>); 4] =
        [("a", Some(b"1")), ("a", Some(b"\xff\0")), ("empty", Some(b"")), ("null", None)];
    let sides: [Option<&[u8]>; 3] = [None, Some(b""), Some(b"\0\xff bytes")];
    for key in sides {
        for payload in sides {
            let message =
                RawMessage { topic: "prompt.viewed.dlq", key, payload, headers: &headers };
            producer.deliver_raw(&message).await.unwrap();
        }
    }
    let messages = read_topic(broker.address(), "prompt.viewed.dlq", 9).await;
    for key in sides {
        for payload in sides {
            let is_it =
                |m: &&rdkafka::message::OwnedMessage| m.key() == key && m.payload() == payload;
            let found: Vec<_> = messages.iter().filter(is_it).collect();
            assert_eq!(found.len(), 1, "{key:?} {payload:?}");
            let arrived = found[0].headers().unwrap();
            let arrived: Vec<_> = arrived.iter().map(|header| (header.key, header.value)).collect();
            assert_eq!(arrived, headers);
        }
    }
}

#[tokio::test]
async fn a_message_that_the_broker_refuses_for_its_size_fails_alone_and_says_so() {
    let broker = faulty_broker();
    let producer = producer(&broker.bootstrap_servers());
    broker.request_errors(
        RDKafkaApiKey::Produce,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE],
    );
    let message = RawMessage { topic: "prompt.viewed.dlq", key: None, payload: None, headers: &[] };
    let refused = producer.deliver_raw(&message).await;
    assert!(matches!(refused, Err(SendError::TooLarge)), "{refused:?}");
    producer.deliver_raw(&message).await.unwrap();
}

#[tokio::test]
async fn another_client_takes_the_place_of_one_that_can_send_nothing_more() {
    let broker = faulty_broker();
    let producer = producer(&broker.bootstrap_servers());
    // Out of order although nothing else is under way: librdkafka gives up for good.
    broker.request_errors(
        RDKafkaApiKey::Produce,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER],
    );
    let deliver = |key| producer.deliver("prompt.created", key, b"{}");
    assert!(deliver("lost").await.is_err());
    testkit::eventually("a delivery by another client", || async { deliver("sent").await.ok() })
        .await;
    let messages = read_topic(&broker.bootstrap_servers(), "prompt.created", 1).await;
    assert_eq!(messages[0].key(), Some(b"sent".as_slice()));
}

#[tokio::test]
async fn an_event_carries_the_request_id_and_a_span_of_its_own_in_the_trace() {
    let broker = Broker::start().await;
    let producer = producer(broker.address());
    let caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", caller.parse().unwrap());
    headers.insert("x-request-id", "trace-me".parse().unwrap());
    let context = RequestContext::from_request(&headers, "/");
    context.scope(async { producer.offer(&view(0)) }).await;
    let messages = read_topic(broker.address(), PromptViewed::TOPIC, 1).await;
    let header = |name: &str| {
        let mut headers = messages[0].headers().unwrap().iter();
        let value = headers.find(|header| header.key == name).unwrap().value.unwrap();
        std::str::from_utf8(value).unwrap().to_owned()
    };
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("x-request-id"), "trace-me");
    let traceparent = header("traceparent");
    assert!(traceparent.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"), "{traceparent}");
    assert_ne!(traceparent, caller);
}

/// The relay holds an event back that the broker refuses for its size. No event can be that large: the
/// limits of titles (200), names and categories (50) are in characters, of four bytes at most each or six
/// when JSON escapes them.
#[test]
fn the_largest_event_is_far_below_the_size_that_a_broker_refuses() {
    let largest = Envelope::new(PromptCreated {
        prompt_id: PromptId::new(),
        title: "\u{1}".repeat(200),
        user_id: UserId::new(),
        username: "\u{1}".repeat(50),
        category: "\u{1}".repeat(50),
        is_public: true,
        created_at: Timestamp::now(),
    });
    let bytes = serde_json::to_vec(&largest).unwrap().len();
    assert!(bytes < 4 * 1024, "{bytes} bytes");
}
