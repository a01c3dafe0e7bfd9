//! The responses that purchases gave under an idempotency key.

use idempotency::Error as KeyError;
use ids::UserId;

use crate::{
    domain::{KeyedRequest, PurchaseReceipt},
    error::ServiceError,
    repo::{purchase_keys, purchase_keys::PurchaseKey},
    state::AppState,
};

/// Returns the response that a key gives, if the buyer used it before.
pub async fn find_response(
    state: &AppState,
    buyer: UserId,
    request: Option<&KeyedRequest>,
) -> Result<Option<Result<PurchaseReceipt, ServiceError>>, ServiceError> {
    let Some(request) = request else { return Ok(None) };
    let key = purchase_keys::find(&state.pool, buyer, request).await?;
    Ok(key.map(|key| response_of(key, request)))
}

fn response_of(key: PurchaseKey, request: &KeyedRequest) -> Result<PurchaseReceipt, ServiceError> {
    let transaction = key.transaction_id;
    if key.request_hash != request.hash {
        return Err(KeyError::Reused.into());
    }
    match (key.status, key.body, key.failure_reason) {
        (Some(_), Some(body), _) => Ok(PurchaseReceipt { transaction, body }),
        (Some(_), None, Some(reason)) => Err(ServiceError::PaymentDeclined { transaction, reason }),
        _ => Err(KeyError::InUse.into()),
    }
}

/// The number of keys that one call deletes.
const BATCH: i64 = 1000;

/// Deletes keys that are older than a day, and returns how many.
pub async fn delete_old(state: &AppState) -> Result<u64, ServiceError> {
    Ok(purchase_keys::delete_old(&state.pool, BATCH).await?)
}
