//! What purchases under an idempotency key were answered with.

use idempotency::Error as KeyError;
use ids::UserId;

use super::purchase::Bought;
use crate::{
    domain::KeyedRequest,
    error::ServiceError,
    repo::{keys, keys::Recorded},
    state::AppState,
};

/// What was answered under this key, if it was used before.
pub async fn find(
    state: &AppState,
    buyer: UserId,
    keyed: Option<&KeyedRequest>,
) -> Result<Option<Result<Bought, ServiceError>>, ServiceError> {
    let Some(keyed) = keyed else { return Ok(None) };
    let recorded = keys::find(&state.pool, buyer, keyed).await?;
    Ok(recorded.map(|recorded| answer_of(recorded, keyed)))
}

fn answer_of(recorded: Recorded, keyed: &KeyedRequest) -> Result<Bought, ServiceError> {
    let transaction = recorded.transaction_id;
    if recorded.request_hash != keyed.hash {
        return Err(KeyError::Reused.into());
    }
    match (recorded.status, recorded.body, recorded.failure_reason) {
        (Some(_), Some(body), _) => Ok(Bought { transaction, body }),
        (Some(_), None, Some(reason)) => Err(ServiceError::PaymentDeclined { transaction, reason }),
        _ => Err(KeyError::InUse.into()),
    }
}

/// How many old answers go in one round.
const FORGET: i64 = 1000;

/// Forgets what keys were answered with more than a day ago.
pub async fn forget_old(state: &AppState) -> Result<u64, ServiceError> {
    Ok(keys::forget_old(&state.pool, FORGET).await?)
}
