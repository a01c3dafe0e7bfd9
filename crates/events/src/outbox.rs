//! The transactional outbox: an event that must happen is a row in the same transaction as its
//! cause; the relay sends it and deletes the row only once the broker has it.
//!
//! Each owning database has this table (`migrations/<service>/`):
//! `outbox(id, topic, key, payload, request_id, traceparent, created_at)`.
//!
//! - [`write`]: the row.
//! - [`relay`]: the one sender among all instances.
//! - [`depth`]: what waits, as metrics.

mod depth;
mod relay;

use sqlx::PgConnection;

use crate::{Envelope, Event, EventHeaders};

pub(crate) use depth::measure;
pub(crate) use relay::Relay;

/// Writes an event, in the transaction of its cause.
///
/// # Errors
/// When the insert fails.
pub async fn write<P: Event>(
    connection: &mut PgConnection,
    event: &Envelope<P>,
) -> Result<(), sqlx::Error> {
    let payload =
        serde_json::to_string(event).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let headers = EventHeaders::current();
    sqlx::query(
        "insert into outbox (topic, key, payload, request_id, traceparent) values ($1, $2, $3, $4, $5)",
    )
    .bind(P::TOPIC)
    .bind(event.payload.key())
    .bind(payload)
    .bind(headers.request_id)
    .bind(headers.traceparent)
    .execute(connection)
    .await?;
    Ok(())
}
