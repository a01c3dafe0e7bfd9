//! `/analytics/dead-letters`: messages that could not be applied.

use auth::Admin;
use axum::extract::State;
use garde::Validate;
use http_kit::{
    ApiResult, Json, Page, PageQuery, Paged, Path, openapi::Problems, problem::codes::Forbidden,
};
use ids::DeadLetterId;
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

mod content;

use crate::{
    domain::{DeadLetterFilter, DeadLetterSummary, Header, Replay, StoredLetter},
    error::codes,
    service::dead_letters,
    state::AppState,
};
use content::Content;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_dead_letters))
        .routes(routes!(get_dead_letter))
        .routes(routes!(replay_dead_letter))
}

#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct ListDeadLettersQuery {
    /// Only those that came on this topic.
    #[garde(length(chars, max = 249))]
    #[param(max_length = 249, example = "prompt.viewed")]
    topic: Option<String>,
    /// Only those whose event was counted after all, or only the others.
    #[garde(skip)]
    replayed: Option<bool>,
}

/// A message that could not be applied.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DeadLetterResponse {
    id: DeadLetterId,
    /// The topic, partition and offset that it came from.
    #[schema(example = "prompt.viewed")]
    topic: String,
    partition: i32,
    offset: i64,
    #[schema(example = "missing field `promptId`")]
    reason: String,
    received_at: Timestamp,
    /// When its event was counted after all; null until then.
    replayed_at: Option<Timestamp>,
    /// The bytes of its payload.
    #[schema(minimum = 0)]
    size: i64,
}

impl From<DeadLetterSummary> for DeadLetterResponse {
    fn from(it: DeadLetterSummary) -> Self {
        let DeadLetterSummary { id, topic, partition, offset, reason, received_at, .. } = it;
        let (replayed_at, size) = (it.replayed_at, it.size);
        Self { id, topic, partition, offset, reason, received_at, replayed_at, size }
    }
}

/// A message that could not be applied, with what is in it. Bytes that are no UTF-8 are shown in base64.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct WholeDeadLetterResponse {
    #[serde(flatten)]
    summary: DeadLetterResponse,
    /// Null when it was null, which is not empty.
    key: Option<String>,
    key_is_base64: bool,
    /// True when there was more of it than the 64 KiB that are shown.
    key_truncated: bool,
    /// In their order; names may repeat.
    headers: Vec<HeaderResponse>,
    /// True when there were more of them than the 64 KiB that are shown.
    headers_truncated: bool,
    /// Null when it was null, which is not empty.
    payload: Option<String>,
    payload_is_base64: bool,
    /// True when there was more of it than the 64 KiB that are shown.
    payload_truncated: bool,
}

/// A header of a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HeaderResponse {
    #[schema(example = "content-type")]
    name: String,
    /// Null when it was null, which is not empty.
    value: Option<String>,
    value_is_base64: bool,
}

impl From<StoredLetter> for WholeDeadLetterResponse {
    fn from(it: StoredLetter) -> Self {
        let (all, headers) = (it.headers.0.len(), shown_headers(it.headers.0));
        let key = Content::of(it.key.as_deref());
        let payload = Content::of(it.payload.as_deref());
        Self {
            key: key.text,
            key_is_base64: key.is_base64,
            key_truncated: key.is_truncated,
            headers_truncated: headers.len() < all,
            headers,
            payload: payload.text,
            payload_is_base64: payload.is_base64,
            payload_truncated: payload.is_truncated,
            summary: DeadLetterResponse {
                id: it.id,
                topic: it.topic,
                partition: it.partition,
                offset: it.offset,
                reason: it.reason,
                received_at: it.received_at,
                replayed_at: it.replayed_at,
                size: it.size,
            },
        }
    }
}

/// Returns the first headers, as far as they are shown.
fn shown_headers(headers: Vec<Header>) -> Vec<HeaderResponse> {
    let mut left = content::MAX_BYTES;
    let shown = headers.into_iter().map_while(|header| {
        let value = header.value.as_ref().map(|value| value.0.as_slice());
        left = left.checked_sub(header.name.len() + value.map_or(0, <[u8]>::len))?;
        let value = Content::of(value);
        Some(HeaderResponse {
            name: header.name,
            value: value.text,
            value_is_base64: value.is_base64,
        })
    });
    shown.collect()
}

/// What became of a dead letter that was tried again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReplayResponse {
    outcome: ReplayOutcome,
    /// Why it is still refused; null otherwise.
    reason: Option<String>,
    /// When its event was first counted; null while it is refused.
    replayed_at: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ReplayOutcome {
    /// Its event was counted, once.
    Applied,
    /// Its event had been counted before.
    AlreadyApplied,
    /// Its event is older than what is kept, and is not counted.
    Expired,
    /// It cannot be applied; `reason` says why.
    Refused,
}

/// Dead letters
///
/// Newest first. For administrators.
#[utoipa::path(
    get, path = "/analytics/dead-letters", tag = "pipeline",
    params(ListDeadLettersQuery, PageQuery),
    responses(
        (status = 200, description = "A page of dead letters.", body = Page<DeadLetterResponse>),
        Problems::<Forbidden>,
    ),
    security(("bearer" = [])),
)]
async fn list_dead_letters(
    State(state): State<AppState>,
    Admin(_caller): Admin,
    Paged { page, filter }: Paged<ListDeadLettersQuery>,
) -> ApiResult<Json<Page<DeadLetterResponse>>> {
    let filter = DeadLetterFilter { topic: filter.topic, replayed: filter.replayed };
    Ok(Json(dead_letters::list(&state, &filter, &page).await?.map(Into::into)))
}

/// One dead letter
///
/// For administrators. Its key, headers and payload are as they came: bytes that are no UTF-8 in base64, and
/// 64 KiB of each at most.
#[utoipa::path(
    get, path = "/analytics/dead-letters/{id}", tag = "pipeline",
    params(("id" = DeadLetterId, Path, description = "The dead letter's id.")),
    responses(
        (status = 200, description = "The dead letter.", body = WholeDeadLetterResponse),
        Problems::<(Forbidden, codes::DeadLetterNotFound)>,
    ),
    security(("bearer" = [])),
)]
async fn get_dead_letter(
    State(state): State<AppState>,
    Admin(_caller): Admin,
    Path(id): Path<DeadLetterId>,
) -> ApiResult<Json<WholeDeadLetterResponse>> {
    Ok(Json(dead_letters::find(&state, id).await?.into()))
}

/// Try a dead letter again
///
/// For administrators. Its event is counted if it can be read now, and once, however often this is called.
/// There is never a second letter of it.
#[utoipa::path(
    post, path = "/analytics/dead-letters/{id}/replay", tag = "pipeline",
    params(("id" = DeadLetterId, Path, description = "The dead letter's id.")),
    responses(
        (status = 200, description = "What became of it.", body = ReplayResponse),
        Problems::<(Forbidden, codes::DeadLetterNotFound)>,
    ),
    security(("bearer" = [])),
)]
async fn replay_dead_letter(
    State(state): State<AppState>,
    Admin(_caller): Admin,
    Path(id): Path<DeadLetterId>,
) -> ApiResult<Json<ReplayResponse>> {
    let (replay, replayed_at) = dead_letters::replay(&state, id).await?;
    let (outcome, reason) = match replay {
        Replay::Applied => (ReplayOutcome::Applied, None),
        Replay::Repeated => (ReplayOutcome::AlreadyApplied, None),
        Replay::Expired => (ReplayOutcome::Expired, None),
        Replay::Refused { reason } => (ReplayOutcome::Refused, Some(reason)),
    };
    Ok(Json(ReplayResponse { outcome, reason, replayed_at }))
}
