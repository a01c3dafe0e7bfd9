//! Reads whole bodies into memory, within a budget that all requests share.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{body::Body, extract::Request};
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{
    app::MAX_BODY_BYTES,
    blocking::too_busy,
    problem::{self, ApiError, ApiResult, codes},
    request_body,
};

/// The size in bytes up to which a body takes no share of [`BUDGET`]: the limit on connections bounds
/// these.
const SMALL_BYTES: usize = 16 * 1024;

/// The bytes of larger bodies that the process may hold at once.
const BUDGET_BYTES: usize = 32 * 1024 * 1024;

/// How long a body waits for its first share of the budget.
const BUDGET_WAIT: Duration = Duration::from_secs(5);

/// The least bytes of the budget that a growing body takes at a time.
const STEP_BYTES: usize = 64 * 1024;

/// The bytes of one permit.
const UNIT: usize = 1024;

static BUDGET: LazyLock<Arc<Semaphore>> =
    LazyLock::new(|| Arc::new(Semaphore::new(BUDGET_BYTES / UNIT)));

/// A body that was read already: an extension of its request, which is then not read again.
#[derive(Clone)]
pub struct BufferedBody(pub Bytes);

/// Reads the body of a request, of at most [`MAX_BODY_BYTES`]. Its share of the budget is taken as bytes
/// arrive, so that a mere announced length takes none, and released with the bytes.
///
/// # Errors
/// 413 when the body is larger, 408 when it arrives too slowly, 400 when it cannot be read, 503 when
/// too many large ones are being read.
pub async fn buffer_body(request: Request) -> ApiResult<Bytes> {
    if let Some(BufferedBody(bytes)) = request.extensions().get() {
        return Ok(bytes.clone());
    }
    let declared = content_length(request.headers()).unwrap_or(0);
    if declared > MAX_BODY_BYTES as u64 {
        return Err(problem::body_too_large());
    }
    let mut body = request.into_body();
    // The pages of an allocation take memory when they are written. Growing by steps would leave holes of
    // every size between the bodies that grow at once.
    let mut bytes = Vec::with_capacity(declared as usize);
    let mut share: Option<OwnedSemaphorePermit> = None;
    let mut reserved = SMALL_BYTES;
    while let Some(data) = next(&mut body).await? {
        let length = bytes.len() + data.len();
        if length > MAX_BODY_BYTES {
            return Err(problem::body_too_large());
        }
        if length > reserved {
            let wanted = (length - reserved).max(STEP_BYTES);
            let more = match &share {
                None => reserve(wanted).await?,
                // A body that holds a share does not wait for more: that could deadlock.
                Some(_) => reserve_now(wanted)?,
            };
            reserved += more.num_permits() * UNIT;
            match &mut share {
                Some(share) => share.merge(more),
                None => share = Some(more),
            }
        }
        bytes.extend_from_slice(&data);
    }
    Ok(match share {
        Some(share) => Bytes::from_owner(BudgetedBytes { bytes, _share: share }),
        None => Bytes::from(bytes),
    })
}

/// Returns the `Content-Length` of a message, if it has a valid one.
pub fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn next(body: &mut Body) -> ApiResult<Option<Bytes>> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Ok(frame)) => {
                // Trailers are ignored.
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Some(Err(error)) => {
                return Err(request_body::as_api_error(&error).unwrap_or_else(|| {
                    ApiError::of(codes::BodyUnreadable::CODE, "The body could not be read.")
                }));
            }
        }
    }
}

/// Bytes with their share of the budget.
struct BudgetedBytes {
    bytes: Vec<u8>,
    _share: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for BudgetedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Waits for a share of the budget.
async fn reserve(bytes: usize) -> ApiResult<OwnedSemaphorePermit> {
    match timeout(BUDGET_WAIT, BUDGET.clone().acquire_many_owned(units(bytes))).await {
        Ok(Ok(share)) => Ok(share),
        _ => Err(too_busy()),
    }
}

fn reserve_now(bytes: usize) -> ApiResult<OwnedSemaphorePermit> {
    BUDGET.clone().try_acquire_many_owned(units(bytes)).map_err(|_| too_busy())
}

fn units(bytes: usize) -> u32 {
    bytes.div_ceil(UNIT) as u32
}
