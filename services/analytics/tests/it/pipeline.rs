//! `/analytics/pipeline`: lag and rate.

use rdkafka::{
    ClientConfig,
    producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer},
};
use serde_json::Value;
use sqlx::PgPool;
use testkit::{Client, eventually};

use crate::{
    dead_letter_calls::admin,
    support::{Message, registered, start, start_with_local_broker},
};

async fn read_when(admin: &Client, messages: i64) -> Value {
    eventually("all to be read", || async {
        let pipeline = admin.get("/analytics/pipeline").await.expect(200);
        let partitions = pipeline["partitions"].as_array().unwrap();
        let sum =
            |field: &str| partitions.iter().map(|it| it[field].as_i64().unwrap()).sum::<i64>();
        assert!(partitions.iter().all(|it| it["lag"].as_i64() >= Some(0)));
        (sum("end") >= messages && sum("lag") == 0).then_some(pipeline)
    })
    .await
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn the_pipeline_shows_each_partition_and_no_lag_when_all_is_read(pool: PgPool) {
    let fixture = start(&pool).await;
    fixture.publish((0..30).map(|_| registered())).await;
    fixture.deliver(&[Message::of(registered()).saying("poison")]).await;
    fixture.stats_when("totalUserEvents", 30).await;
    let admin = admin(&fixture);
    let pipeline = read_when(&admin, 31).await;
    let partitions = pipeline["partitions"].as_array().unwrap();
    assert_eq!(partitions.len(), 18);
    assert!(partitions.iter().all(|it| it["position"] == it["end"]), "{pipeline}");
    assert_eq!(pipeline["deadLetters"], 1);
    assert!(pipeline["lastEventAt"].is_string());
    eventually("a rate", || async {
        let pipeline = admin.get("/analytics/pipeline").await.expect(200);
        (pipeline["eventsPerSecond"].as_f64() == Some(3.0)).then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn the_markers_of_transactions_are_no_lag(pool: PgPool) {
    let fixture = start(&pool).await;
    let producer: ThreadedProducer<DefaultProducerContext> = ClientConfig::new()
        .set("bootstrap.servers", fixture.broker.address())
        .set("transactional.id", "test")
        .create()
        .unwrap();
    let good = Message::of(registered());
    tokio::task::spawn_blocking(move || {
        let limit = std::time::Duration::from_secs(20);
        producer.init_transactions(limit).unwrap();
        producer.begin_transaction().unwrap();
        let record = BaseRecord::to(good.topic).key(&good.key).payload(&good.payload);
        producer.send(record).map_err(|(error, _)| error).unwrap();
        producer.commit_transaction(limit).unwrap();
    })
    .await
    .unwrap();
    fixture.stats_when("totalUserEvents", 1).await;
    read_when(&admin(&fixture), 1).await;
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn without_a_broker_the_pipeline_is_unavailable(pool: PgPool) {
    let fixture = start_with_local_broker(&pool).await;
    fixture.broker.down().unwrap();
    let administrator = auth::Identity { roles: vec![auth::Role::Admin], ..testkit::user("root") };
    let admin = fixture.app.anonymous().forwarded_for(&administrator);
    let away = admin.get("/analytics/pipeline").await;
    assert_eq!(away.headers["retry-after"], "1");
    away.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    fixture.broker.up().unwrap();
    eventually("the broker to be back", || async {
        (admin.get("/analytics/pipeline").await.status == 200).then_some(())
    })
    .await;
}
