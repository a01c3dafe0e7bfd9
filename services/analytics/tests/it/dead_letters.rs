//! Messages that cannot be applied are put aside, once each.

use sqlx::{Executor, PgPool};
use testkit::{consume, eventually};

use crate::support::{Message, created, registered, start, viewed};

#[derive(Debug, sqlx::FromRow)]
struct DeadLetter {
    topic: String,
    key: Vec<u8>,
    payload: Vec<u8>,
    reason: String,
}

async fn dead_letters(pool: &PgPool) -> Vec<DeadLetter> {
    sqlx::query_as("select topic, key, payload, reason from dead_letters order by id")
        .fetch_all(pool)
        .await
        .unwrap()
}

async fn dead_letters_when(pool: &PgPool, count: usize) -> Vec<DeadLetter> {
    eventually(&format!("{count} dead letters"), || async {
        let letters = dead_letters(pool).await;
        (letters.len() == count).then_some(letters)
    })
    .await
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn a_message_that_cannot_be_read_is_set_aside_and_the_rest_goes_on(pool: PgPool) {
    let fixture = start(&pool).await;
    let good = Message::of(registered());
    let foreign = Message::of(created("On the wrong topic"));
    let bad = [
        good.saying("not json"),
        good.saying(""),
        good.saying("[]"),
        good.saying(&good.payload.replace("userId", "user")),
        good.saying(
            &good
                .payload
                .replace("\"schemaVersion\":1", "\"schemaVersion\":2")
                .replace("userId", "user"),
        ),
        good.saying(&good.payload.replace("USER_REGISTERED", "USER_LEFT")),
        good.saying(&foreign.payload),
    ];
    // All have one key, so they share a partition: good ones before, between and after.
    let messages: Vec<Message> = [good]
        .into_iter()
        .chain(bad.iter().flat_map(|bad| {
            let next = Message { key: bad.key.clone(), ..Message::of(registered()) };
            [bad.clone(), next]
        }))
        .collect();
    fixture.deliver(&messages).await;
    fixture.stats_when("totalUserEvents", 8).await;

    let letters = dead_letters_when(&pool, 7).await;
    for (letter, sent) in letters.iter().zip(&bad) {
        assert_eq!(letter.topic, "user.registered");
        assert_eq!(letter.key, sent.key.as_bytes());
        assert_eq!(letter.payload, sent.payload.as_bytes());
    }
    let reasons: Vec<&str> = letters.iter().map(|letter| letter.reason.as_str()).collect();
    for (i, part) in [(3, "missing field `userId`"), (4, "schemaVersion 2"), (5, "USER_LEFT")] {
        assert!(reasons[i].contains(part), "{reasons:?}");
    }
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn a_dead_letter_goes_to_its_topic_as_it_came(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompt = created("Linux Terminal");
    let poison = Message::of(viewed(&prompt, None)).saying(r#"{"eventType":"PROMPT_VIEWED"}"#);
    fixture.deliver(std::slice::from_ref(&poison)).await;
    let forwarded = consume(fixture.broker.address(), "prompt.viewed.dlq", 1).await;
    assert_eq!(forwarded[0].0, poison.key);
    assert_eq!(forwarded[0].1.to_string(), poison.payload);

    eventually("the letter to be marked", || async {
        let left: i64 =
            sqlx::query_scalar("select count(*) from dead_letters where forwarded_at is null")
                .fetch_one(&pool)
                .await
                .unwrap();
        (left == 0).then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn what_the_database_refuses_takes_nothing_else_with_it(pool: PgPool) {
    let fixture = start(&pool).await;
    let (prompt, refused) = (created("Linux Terminal"), created("Refused"));
    // Nothing that can be read is refused by the schema as it is.
    let constraint = format!(
        "alter table prompt_activity_events add constraint refused check (prompt_id <> '{}')",
        refused.prompt_id,
    );
    pool.execute(sqlx::AssertSqlSafe(constraint)).await.unwrap();
    let poison = [Message::of(viewed(&refused, None)), Message::of(viewed(&refused, None))];
    let mut messages: Vec<Message> = (0..50).map(|_| Message::of(viewed(&prompt, None))).collect();
    messages.insert(25, poison[0].clone());
    messages.push(poison[1].clone());
    fixture.deliver(&messages).await;
    fixture.stats_when("promptViewsLast24h", 50).await;

    let letters = dead_letters_when(&pool, 2).await;
    for (letter, poison) in letters.iter().zip(&poison) {
        assert_eq!(letter.payload, poison.payload.as_bytes());
        assert!(letter.reason.contains("constraint \"refused\""), "{letters:?}");
    }
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn a_redelivered_message_is_set_aside_once_and_another_at_its_offset_too(pool: PgPool) {
    let fixture = start(&pool).await;
    let poison = Message { key: "k".to_owned(), ..Message::of(registered()) }.saying("poison");
    fixture.deliver(std::slice::from_ref(&poison)).await;
    dead_letters_when(&pool, 1).await;

    // A new broker: its offsets begin again, first with the same message, then with another.
    fixture.app.stop().await;
    drop(fixture.broker);
    for (payload, letters) in [("poison", 1), ("other poison", 2)] {
        let fixture = start(&pool).await;
        fixture.deliver(&[poison.saying(payload)]).await;
        // It stands behind the poison in the partition, and so shows when that is done with.
        let next = Message { key: poison.key.clone(), ..Message::of(registered()) };
        fixture.deliver(&[next]).await;
        fixture.stats_when("totalUserEvents", letters).await;
        dead_letters_when(&pool, letters as usize).await;
        fixture.app.stop().await;
    }
}
