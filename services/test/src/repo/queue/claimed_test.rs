use ids::{TestId, UserId};
use model_client::{CompletionRequest, ModelProvider};
use serde_json::Value;
use uuid::Uuid;

use crate::domain::Lane;

/// A test claimed by this process.
#[derive(Debug)]
pub struct ClaimedTest {
    pub claim: Claim,
    pub user: UserId,
    /// Attempts that count towards the limit: all but those that a stopping worker released. From 1.
    pub counted_attempts: i32,
    pub provider: ModelProvider,
    pub request: CompletionRequest,
    /// The assertions about the answer, as JSON.
    pub assertions: Option<Value>,
}

impl ClaimedTest {
    pub fn lane(&self) -> Lane {
        Lane::of(self.provider, &self.request.model)
    }
}

/// A lease on a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub id: TestId,
    /// Number of the attempt, from 1; no two claims of a test share it.
    pub attempt: i32,
}

impl Claim {
    /// Returns ids and attempts as two arrays, which is how a statement takes many.
    pub fn unzip(claims: &[Self]) -> (Vec<Uuid>, Vec<i32>) {
        claims.iter().map(|claim| (claim.id.0, claim.attempt)).unzip()
    }
}
