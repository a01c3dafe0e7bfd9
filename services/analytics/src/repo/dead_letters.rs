use ids::DeadLetterId;
use sqlx::{PgConnection, query, query_as};

use crate::domain::DeadLetter;

/// Inserts messages; returns how many were not there before.
pub async fn insert(connection: &mut PgConnection, letters: &[DeadLetter]) -> sqlx::Result<u64> {
    let ids: Vec<DeadLetterId> = letters.iter().map(|l| l.id).collect();
    let topics: Vec<&str> = letters.iter().map(|l| l.topic.as_str()).collect();
    let partitions: Vec<i32> = letters.iter().map(|l| l.partition).collect();
    let offsets: Vec<i64> = letters.iter().map(|l| l.offset).collect();
    let keys: Vec<Option<&[u8]>> = letters.iter().map(|l| l.key.as_deref()).collect();
    let payloads: Vec<&[u8]> = letters.iter().map(|l| l.payload.as_slice()).collect();
    let reasons: Vec<&str> = letters.iter().map(|l| l.reason.as_str()).collect();
    let inserted = query!(
        "insert into dead_letters (id, topic, kafka_partition, kafka_offset, key, payload, reason)
         select id, topic, kafka_partition, kafka_offset, key, payload, reason
         from unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[], $5::bytea[], $6::bytea[],
                     $7::text[])
              as l (id, topic, kafka_partition, kafka_offset, key, payload, reason)
         order by topic, kafka_partition, kafka_offset
         on conflict on constraint dead_letters_message_key do nothing",
        &ids as &[DeadLetterId],
        &topics as &[&str],
        &partitions,
        &offsets,
        &keys as &[Option<&[u8]>],
        &payloads as &[&[u8]],
        &reasons as &[&str],
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected())
}

/// A dead letter that was not sent to its topic yet.
pub struct Unforwarded {
    pub id: DeadLetterId,
    pub topic: String,
    pub key: Option<Vec<u8>>,
    pub payload: Vec<u8>,
}

/// Locks the oldest that are not forwarded, leaving out those that another instance has locked.
pub async fn lock_unforwarded(
    connection: &mut PgConnection,
    limit: i64,
) -> sqlx::Result<Vec<Unforwarded>> {
    query_as!(
        Unforwarded,
        "select id, topic, key, payload from dead_letters
         where forwarded_at is null
         order by id
         limit $1
         for update skip locked",
        limit,
    )
    .fetch_all(connection)
    .await
}

/// Marks dead letters as forwarded.
pub async fn mark_forwarded(
    connection: &mut PgConnection,
    ids: &[DeadLetterId],
) -> sqlx::Result<()> {
    query!(
        "update dead_letters set forwarded_at = now() where id = any($1)",
        ids as &[DeadLetterId],
    )
    .execute(connection)
    .await?;
    Ok(())
}
