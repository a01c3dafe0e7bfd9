//! The table `dead_letters`.

use std::time::Duration;

use http_kit::page::Slice;
use ids::DeadLetterId;
use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar, types::Json};
use timestamp::Timestamp;

use crate::domain::{DeadLetter, DeadLetterFilter, DeadLetterSummary, Header, StoredLetter};

/// Inserts messages; returns how many were not there before.
pub async fn insert(connection: &mut PgConnection, letters: &[DeadLetter]) -> sqlx::Result<u64> {
    let ids: Vec<DeadLetterId> = letters.iter().map(|l| l.id).collect();
    let topics: Vec<&str> = letters.iter().map(|l| l.topic.as_str()).collect();
    let partitions: Vec<i32> = letters.iter().map(|l| l.partition).collect();
    let offsets: Vec<i64> = letters.iter().map(|l| l.offset).collect();
    let keys: Vec<Option<&[u8]>> = letters.iter().map(|l| l.key.as_deref()).collect();
    let headers: Vec<Json<&[Header]>> = letters.iter().map(|l| Json(&l.headers[..])).collect();
    let payloads: Vec<Option<&[u8]>> = letters.iter().map(|l| l.payload.as_deref()).collect();
    let reasons: Vec<&str> = letters.iter().map(|l| l.reason.as_str()).collect();
    let inserted = query!(
        "insert into dead_letters
             (id, topic, kafka_partition, kafka_offset, key, headers, payload, reason)
         select id, topic, kafka_partition, kafka_offset, key, headers, payload, reason
         from unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[], $5::bytea[], $6::jsonb[],
                     $7::bytea[], $8::text[])
              as l (id, topic, kafka_partition, kafka_offset, key, headers, payload, reason)
         order by topic, kafka_partition, kafka_offset
         on conflict on constraint dead_letters_message_key do nothing",
        &ids as &[DeadLetterId],
        &topics as &[&str],
        &partitions,
        &offsets,
        &keys as &[Option<&[u8]>],
        &headers as &[Json<&[Header]>],
        &payloads as &[Option<&[u8]>],
        &reasons as &[&str],
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected())
}

/// Locks the letters whose turn it is to be sent on, the one that has waited longest first, leaving out
/// those that another instance has locked. Their payloads have `max_bytes` together, or it is one letter.
pub async fn lock_unforwarded(
    connection: &mut PgConnection,
    limit: i64,
    max_bytes: i64,
) -> sqlx::Result<Vec<StoredLetter>> {
    let due = query_scalar!(
        r#"select id as "id: DeadLetterId" from (
               select id, forward_at,
                      sum(octet_length(payload)) over (order by forward_at, id) as bytes,
                      row_number() over (order by forward_at, id) as place
               from (
                   select id, forward_at, payload from dead_letters
                   where forwarded_at is null and forward_at <= now()
                   order by forward_at, id
                   limit $1
                   for update skip locked
               ) as locked
           ) as summed
           where place = 1 or bytes is null or bytes <= $2
           order by forward_at, id"#,
        limit,
        max_bytes,
    )
    .fetch_all(&mut *connection)
    .await?;
    query_as!(
        StoredLetter,
        r#"select id, topic, kafka_partition as partition, kafka_offset as "offset", key,
                  headers as "headers: Json<Vec<Header>>", payload,
                  coalesce(octet_length(payload), 0)::bigint as "size!", reason, received_at, replayed_at
           from dead_letters where id = any($1) order by id"#,
        &due as &[DeadLetterId],
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

/// Sets when letters that could not be sent are tried again: after a second, and twice as long each time,
/// up to `longest`.
pub async fn postpone_forwarding(
    connection: &mut PgConnection,
    ids: &[DeadLetterId],
    longest: Duration,
) -> sqlx::Result<()> {
    query!(
        "update dead_letters
         set forward_attempts = forward_attempts + 1,
             forward_at = now() + make_interval(secs => least(2.0::float8 ^ least(forward_attempts, 20), $2::float8))
         where id = any($1)",
        ids as &[DeadLetterId],
        longest.as_secs_f64(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Counts the letters that a filter takes.
pub async fn count(executor: impl PgExecutor<'_>, filter: &DeadLetterFilter) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select count(*) as "count!" from dead_letters
           where ($1::text is null or topic = $1)
             and ($2::boolean is null or (replayed_at is not null) = $2)"#,
        filter.topic,
        filter.replayed,
    )
    .fetch_one(executor)
    .await
}

/// Lists letters, newest first.
pub async fn list(
    executor: impl PgExecutor<'_>,
    filter: &DeadLetterFilter,
    slice: Slice<DeadLetterId>,
) -> sqlx::Result<Vec<DeadLetterSummary>> {
    query_as!(
        DeadLetterSummary,
        r#"select id, topic, kafka_partition as partition, kafka_offset as "offset", reason, received_at,
                  replayed_at, coalesce(octet_length(payload), 0)::bigint as "size!"
           from dead_letters
           where ($1::text is null or topic = $1)
             and ($2::boolean is null or (replayed_at is not null) = $2)
             and ($3::uuid is null or id < $3)
           order by id desc offset $4 limit $5"#,
        filter.topic,
        filter.replayed,
        slice.after.map(|id| id.0),
        slice.offset,
        slice.limit,
    )
    .fetch_all(executor)
    .await
}

/// Finds a letter, with its payload whole.
pub async fn find(
    executor: impl PgExecutor<'_>,
    id: DeadLetterId,
) -> sqlx::Result<Option<StoredLetter>> {
    query_as!(
        StoredLetter,
        r#"select id, topic, kafka_partition as partition, kafka_offset as "offset", key,
                  headers as "headers: Json<Vec<Header>>", payload,
                  coalesce(octet_length(payload), 0)::bigint as "size!", reason, received_at, replayed_at
           from dead_letters where id = $1"#,
        id.0,
    )
    .fetch_optional(executor)
    .await
}

/// Notes that a letter's event was counted after all; returns when that was first noted.
pub async fn mark_replayed(
    executor: impl PgExecutor<'_>,
    id: DeadLetterId,
) -> sqlx::Result<Option<Timestamp>> {
    query_scalar!(
        r#"update dead_letters set replayed_at = coalesce(replayed_at, date_trunc('milliseconds', now()))
           where id = $1 returning replayed_at as "replayed_at!""#,
        id.0,
    )
    .fetch_optional(executor)
    .await
}
