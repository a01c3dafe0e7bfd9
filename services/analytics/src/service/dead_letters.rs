//! Dead letters: putting messages aside, showing them to administrators, and trying them again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use http_kit::{Page, PageQuery};
use ids::DeadLetterId;
use rdkafka::{
    Message,
    message::{Headers, OwnedHeaders, OwnedMessage},
};
use timestamp::Timestamp;

use super::{
    ingest::{Ingested, ingest},
    messages,
};
use crate::{
    domain::{
        Bytes, DeadLetter, DeadLetterFilter, DeadLetterSummary, Header, Replay, StoredLetter,
    },
    error::ServiceError,
    repo::dead_letters,
    state::AppState,
};

/// The most characters of a reason: a hundred of them fit into a page.
const MAX_REASON: usize = 500;

/// Makes a dead letter of a message.
pub fn dead_letter(message: &OwnedMessage, reason: &impl ToString) -> DeadLetter {
    DeadLetter {
        id: DeadLetterId::new(),
        topic: message.topic().to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(<[u8]>::to_vec),
        headers: message.headers().map(headers).unwrap_or_default(),
        payload: message.payload().map(<[u8]>::to_vec),
        // A reason may quote the message: any length of it, and U+0000, which no text of Postgres has.
        reason: reason.to_string().replace('\0', "\u{fffd}").chars().take(MAX_REASON).collect(),
    }
}

/// Returns the headers in their order.
fn headers(headers: &OwnedHeaders) -> Vec<Header> {
    let read = |at| {
        // The client panics on a name that is not UTF-8, which Kafka's protocol does not allow.
        let header = catch_unwind(AssertUnwindSafe(|| headers.try_get(at))).ok().flatten();
        header.map_or(Header { name: "\u{fffd}".to_owned(), value: None }, |header| Header {
            name: header.key.to_owned(),
            value: header.value.map(|value| Bytes(value.to_vec())),
        })
    };
    (0..headers.count()).map(read).collect()
}

/// Returns a page of dead letters, newest first.
pub async fn list(
    state: &AppState,
    filter: &DeadLetterFilter,
    query: &PageQuery,
) -> Result<Page<DeadLetterSummary>, ServiceError> {
    let rows = async |slice| -> Result<_, ServiceError> {
        Ok(dead_letters::list(&state.pool, filter, slice).await?)
    };
    query.page(dead_letters::count(&state.pool, filter), rows, |letter| letter.id).await
}

/// Returns one dead letter.
pub async fn find(state: &AppState, id: DeadLetterId) -> Result<StoredLetter, ServiceError> {
    dead_letters::find(&state.pool, id).await?.ok_or(ServiceError::DeadLetterNotFound)
}

/// Reads and applies a dead letter once more. However often and from wherever that happens, its event
/// counts once; and there is never a second letter.
pub async fn replay(
    state: &AppState,
    id: DeadLetterId,
) -> Result<(Replay, Option<Timestamp>), ServiceError> {
    let letter = find(state, id).await?;
    let read = messages::read(&letter.topic, letter.payload.as_deref(), Timestamp::now());
    let activity = match read {
        Ok(activity) => activity,
        Err(refusal) => return Ok((refused(&refusal), letter.replayed_at)),
    };
    let replay = match ingest(&state.pool, state.retention_days, &[&activity], &[]).await {
        Ok(Ingested { applied: 1.., .. }) => Replay::Applied,
        Ok(Ingested { repeated: 1.., .. }) => Replay::Repeated,
        Ok(_) => Replay::Expired,
        Err(error) if error.blames_data() => return Ok((refused(&error), letter.replayed_at)),
        Err(error) => return Err(error),
    };
    let replayed_at = dead_letters::mark_replayed(&state.pool, id).await?;
    Ok((replay, replayed_at))
}

fn refused(reason: &impl ToString) -> Replay {
    Replay::Refused { reason: reason.to_string() }
}
