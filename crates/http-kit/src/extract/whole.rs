//! Reading a whole body into memory, of which all requests together may take only so much.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{body::Body, extract::Request};
use bytes::{Bytes, BytesMut};
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

/// A body of at most so many bytes is read without asking for a share of [`Budget`]: the number of
/// connections bounds how many there are.
const SMALL_BYTES: usize = 16 * 1024;

/// The bytes of larger bodies that the process holds at once.
const BUDGET_BYTES: usize = 32 * 1024 * 1024;

/// How long a body waits for others to be done with.
const PATIENCE: Duration = Duration::from_secs(5);

/// A growing body takes at least this many bytes of the budget at a time.
const STEP_BYTES: usize = 64 * 1024;

/// Permits are for this many bytes each.
const UNIT: usize = 1024;

static BUDGET: LazyLock<Arc<Semaphore>> =
    LazyLock::new(|| Arc::new(Semaphore::new(BUDGET_BYTES / UNIT)));

/// A body that was read before: a request that holds it is read no second time.
#[derive(Clone)]
pub struct Whole(pub Bytes);

/// The body of a request, at most [`MAX_BODY_BYTES`]. Its share of the memory for bodies is taken as
/// it arrives, so that a length that is only announced takes none, and given back with the bytes.
///
/// # Errors
/// 413 when it is larger, 408 when it comes too slowly, 400 when it cannot be read, 503 when too
/// many large ones are being read.
pub async fn read(request: Request) -> ApiResult<Bytes> {
    if let Some(Whole(bytes)) = request.extensions().get() {
        return Ok(bytes.clone());
    }
    let declared = content_length(request.headers()).unwrap_or(0);
    if declared > MAX_BODY_BYTES as u64 {
        return Err(problem::too_large());
    }
    let mut body = request.into_body();
    let mut bytes = BytesMut::new();
    let mut share: Option<OwnedSemaphorePermit> = None;
    let mut reserved = SMALL_BYTES;
    while let Some(data) = next(&mut body).await? {
        let length = bytes.len() + data.len();
        if length > MAX_BODY_BYTES {
            return Err(problem::too_large());
        }
        if length > reserved {
            let wanted = (length - reserved).max(STEP_BYTES);
            let more = match &share {
                None => reserve(wanted).await?,
                // Nobody waits for others while others wait for them.
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
        Some(share) => Bytes::from_owner(Held { bytes, _share: share }),
        None => bytes.freeze(),
    })
}

/// The `Content-Length` of a message, when it has one that can be read.
pub fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn next(body: &mut Body) -> ApiResult<Option<Bytes>> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Ok(frame)) => {
                // Trailers are of no interest.
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Some(Err(error)) => {
                return Err(request_body::fault(&error).unwrap_or_else(|| {
                    ApiError::of(codes::BodyUnreadable::CODE, "The body could not be read.")
                }));
            }
        }
    }
}

/// Bytes with their share of the memory for bodies.
struct Held {
    bytes: BytesMut,
    _share: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Waits for a share.
async fn reserve(bytes: usize) -> ApiResult<OwnedSemaphorePermit> {
    match timeout(PATIENCE, BUDGET.clone().acquire_many_owned(units(bytes))).await {
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
