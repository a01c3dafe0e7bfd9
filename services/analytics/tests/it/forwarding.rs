//! Dead letters on their way to a broker that refuses batches.

use events::topics;
use ids::DeadLetterId;
use rdkafka::{
    Message,
    message::{Headers, OwnedMessage},
    mocking::MockCluster,
    types::{RDKafkaApiKey, RDKafkaRespErr},
};
use sqlx::{PgPool, query};

use crate::{prompt_service::PromptService, support::start_on};

const TOPIC: &str = "prompt.viewed";

fn original_size(message: &OwnedMessage) -> Option<&[u8]> {
    let mut headers = message.headers().unwrap().iter();
    headers.find(|header| header.key == "dead-letter-original-size").and_then(|it| it.value)
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn a_small_letter_beside_one_that_is_too_large_arrives_whole(pool: PgPool) {
    let broker = MockCluster::new(1).unwrap();
    for topic in topics::all() {
        broker.create_topic(&topic, topics::PARTITIONS, 1).unwrap();
    }
    let (too_large, taken) = (
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR,
    );
    // The batch of both; the small one by itself; the large one by itself, and half of it.
    broker.request_errors(RDKafkaApiKey::Produce, &[too_large, taken, too_large, taken]);
    let (small, large) = (b"small".to_vec(), vec![b'x'; 10_000]);
    query(
        "insert into dead_letters (id, topic, kafka_partition, kafka_offset, key, payload, reason)
         select id, $2, 0, row, 'one partition', payload, 'not JSON'
         from unnest($1::uuid[], $3::bytea[]) with ordinality as letters (id, payload, row)",
    )
    .bind([DeadLetterId::new().0, DeadLetterId::new().0])
    .bind(TOPIC)
    .bind([&small, &large])
    .execute(&pool)
    .await
    .unwrap();
    let prompts = PromptService::start().await;
    let brokers = broker.bootstrap_servers();
    let users = [("USER_SERVICE_URL", "http://127.0.0.1:9")];
    let _app = start_on(&pool, &brokers, &prompts, &users).await;

    let arrived = testkit::read_topic(&brokers, "prompt.viewed.dlq", 2).await;
    let payloads: Vec<&[u8]> = arrived.iter().map(|it| it.payload().unwrap()).collect();
    assert_eq!(payloads, [&small[..], &large[..5_000]]);
    assert_eq!(original_size(&arrived[0]), None);
    assert_eq!(original_size(&arrived[1]), Some(b"10000".as_slice()));
}
