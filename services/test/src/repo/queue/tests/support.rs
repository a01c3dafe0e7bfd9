//! Helpers of the tests of the queue.

use std::{collections::BTreeMap, time::Duration};

use ids::{TestId, UserId};
use model_client::{Completion, ModelProvider, Usage, UsageSource};
use sqlx::PgPool;

use crate::{
    domain::{Lane, MAX_ATTEMPTS, NewPromptTest, PromptTest, Target},
    repo::{
        prompt_tests,
        queue::{
            claim::{ClaimCursor, ClaimRequest, LaneCapacity, claim},
            claimed_test::{Claim, ClaimedTest},
            lease::requeue_expired,
            record::{AttemptResult, Outcome, PartialAnswer, record},
        },
    },
};

pub const LEASE: Duration = Duration::from_secs(30);
pub const EXPIRED: Duration = Duration::ZERO;

pub async fn queue_one(pool: &PgPool) -> PromptTest {
    queue_for(pool, UserId::new(), ModelProvider::Mock).await
}

pub async fn queue_for(
    pool: &PgPool,
    user_id: UserId,
    model_provider: ModelProvider,
) -> PromptTest {
    let new = NewPromptTest {
        user_id,
        prompt: None,
        prompt_content: "hello".to_owned(),
        system_prompt: None,
        target: Target {
            model_provider,
            model_name: "mock".to_owned(),
            temperature: None,
            max_tokens: None,
            seed: None,
        },
        assertions: Vec::new(),
        comparison: None,
    };
    prompt_tests::insert(pool, TestId::new(), &new).await.unwrap()
}

pub async fn look(pool: &PgPool, test: &PromptTest) -> PromptTest {
    prompt_tests::find_visible(pool, test.id, test.user_id, false).await.unwrap().unwrap()
}

pub fn lane(provider: ModelProvider) -> Lane {
    Lane::of(provider, "mock")
}

pub fn wanted(
    free: &[(ModelProvider, i32)],
    user_concurrency: i32,
    lease: Duration,
) -> ClaimRequest {
    let capacity = |slots| LaneCapacity { slots, reserved: 0, limit: None };
    let free = free.iter().map(|(provider, slots)| (lane(*provider), capacity(*slots)));
    ClaimRequest { free: free.collect(), user_concurrency, lease }
}

/// Makes a request for one lane.
pub fn wanted_in(provider: ModelProvider, capacity: LaneCapacity) -> ClaimRequest {
    ClaimRequest {
        free: BTreeMap::from([(lane(provider), capacity)]),
        user_concurrency: 100,
        lease: LEASE,
    }
}

pub async fn claim_as(
    pool: &PgPool,
    request: &ClaimRequest,
    cursor: &mut ClaimCursor,
) -> Vec<ClaimedTest> {
    let mut tx = pool.begin().await.unwrap();
    let claimed = claim(&mut tx, request, cursor).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

pub async fn claim_all(pool: &PgPool, lease: Duration) -> Vec<ClaimedTest> {
    claim_as(pool, &wanted(&[(ModelProvider::Mock, 100)], 100, lease), &mut ClaimCursor::new())
        .await
}

pub async fn requeue_all(pool: &PgPool) -> Vec<TestId> {
    requeue_expired(pool, MAX_ATTEMPTS, "given up").await.unwrap()
}

pub async fn put(pool: &PgPool, claim: Claim, outcome: Outcome) -> bool {
    record(pool, &[(claim, &outcome)]).await.unwrap() == [claim.id]
}

pub fn answer(text: &str) -> Outcome {
    Outcome::Completed(AttemptResult {
        completion: completion(text),
        took: Duration::from_millis(5),
        cost: None,
        grade: None,
    })
}

pub fn completion(text: &str) -> Completion {
    let usage = Usage {
        input_tokens: 1,
        cached_input_tokens: 0,
        cache_write_tokens: 0,
        output_tokens: 2,
        reasoning_tokens: 0,
        source: UsageSource::Provider,
    };
    Completion { text: text.to_owned(), usage }
}

pub fn part(text: &str) -> PartialAnswer {
    PartialAnswer { completion: completion(text), cost: None }
}
