use ids::UserId;
use sqlx::{PgPool, query_scalar};

use super::*;
use crate::{
    domain::{NewTest, Target, Test, TestStatus},
    providers::Usage,
    repo::tests,
};

const MAX_ATTEMPTS: i32 = 3;
const LEASE: Duration = Duration::from_secs(30);
const EXPIRED: Duration = Duration::ZERO;

async fn queue_one(pool: &PgPool) -> Test {
    let new = NewTest {
        user_id: UserId::new(),
        prompt: None,
        prompt_content: "hello".to_owned(),
        system_prompt: None,
        target: Target {
            model_provider: ModelProvider::Mock,
            model_name: "mock".to_owned(),
            temperature: None,
            max_tokens: None,
            seed: None,
        },
        assertions: Vec::new(),
        part_of: None,
    };
    tests::insert(pool, TestId::new(), &new).await.unwrap()
}

async fn look(pool: &PgPool, test: &Test) -> Test {
    tests::find_visible(pool, test.id, test.user_id, false).await.unwrap().unwrap()
}

async fn claim_all(pool: &PgPool, lease: Duration) -> Vec<Job> {
    claim(pool, 100, lease, MAX_ATTEMPTS).await.unwrap()
}

async fn complete_with(pool: &PgPool, claim: Claim, text: &str) -> bool {
    let usage = Usage {
        input_tokens: 1,
        cached_input_tokens: 0,
        output_tokens: 2,
        reasoning_tokens: 0,
        source: UsageSource::Provider,
    };
    let completion = Completion { text: text.to_owned(), usage };
    complete(pool, claim, &completion, Duration::from_millis(5), None, None).await.unwrap()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_claimed_test_is_not_claimed_again_while_its_lease_lasts(pool: PgPool) {
    let test = queue_one(&pool).await;
    let jobs = claim_all(&pool, LEASE).await;
    assert_eq!((jobs[0].claim.id, jobs[0].claim.attempt), (test.id, 1));
    assert!(claim_all(&pool, LEASE).await.is_empty());
    assert_eq!(look(&pool, &test).await.status, TestStatus::Running);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_worker_whose_lease_went_to_another_changes_nothing(pool: PgPool) {
    let test = queue_one(&pool).await;
    let dead = claim_all(&pool, EXPIRED).await.remove(0).claim;
    let alive = claim_all(&pool, LEASE).await.remove(0).claim;
    assert_eq!(alive.attempt, 2);

    assert!(!extend(&pool, dead, LEASE).await.unwrap());
    assert!(!requeue(&pool, dead, Duration::ZERO).await.unwrap());
    assert!(!fail(&pool, dead, "late").await.unwrap());
    assert!(!complete_with(&pool, dead, "from the dead").await);

    assert!(complete_with(&pool, alive, "from the living").await);
    assert!(!complete_with(&pool, alive, "twice").await);
    let test = look(&pool, &test).await;
    assert_eq!(test.response.as_deref(), Some("from the living"));
    assert_eq!((test.attempts, test.token_count), (2, Some(3)));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_sign_of_life_keeps_the_lease(pool: PgPool) {
    queue_one(&pool).await;
    let claim = claim_all(&pool, EXPIRED).await.remove(0).claim;
    assert!(extend(&pool, claim, LEASE).await.unwrap());
    assert!(claim_all(&pool, LEASE).await.is_empty());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_answer_that_comes_after_the_lease_is_kept_if_nobody_took_the_test(pool: PgPool) {
    let test = queue_one(&pool).await;
    let claim = claim_all(&pool, EXPIRED).await.remove(0).claim;
    assert!(complete_with(&pool, claim, "late but paid for").await);
    assert_eq!(look(&pool, &test).await.status, TestStatus::Completed);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_test_given_back_is_due_after_the_delay_and_keeps_its_count(pool: PgPool) {
    let test = queue_one(&pool).await;
    let claim = claim_all(&pool, LEASE).await.remove(0).claim;
    assert!(requeue(&pool, claim, LEASE).await.unwrap());
    assert_eq!(look(&pool, &test).await.status, TestStatus::Pending);
    assert!(claim_all(&pool, LEASE).await.is_empty());

    sqlx::query("update tests set due_at = now()").execute(&pool).await.unwrap();
    assert_eq!(claim_all(&pool, LEASE).await[0].claim.attempt, 2);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_test_that_kills_its_workers_is_given_up(pool: PgPool) {
    let test = queue_one(&pool).await;
    for _ in 0..MAX_ATTEMPTS {
        assert_eq!(give_up(&pool, MAX_ATTEMPTS, "given up").await.unwrap(), 0);
        assert_eq!(claim_all(&pool, EXPIRED).await.len(), 1);
    }
    assert!(claim_all(&pool, LEASE).await.is_empty());
    assert_eq!(give_up(&pool, MAX_ATTEMPTS, "given up").await.unwrap(), 1);
    let test = look(&pool, &test).await;
    assert_eq!(test.status, TestStatus::Failed);
    assert_eq!(test.error_message.as_deref(), Some("given up"));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn many_who_claim_at_once_share_without_overlap(pool: PgPool) {
    for _ in 0..30 {
        queue_one(&pool).await;
    }
    let claims = (0..6).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move { claim(&pool, 5, LEASE, MAX_ATTEMPTS).await.unwrap() })
    });
    let mut taken = Vec::new();
    for jobs in claims.collect::<Vec<_>>() {
        taken.extend(jobs.await.unwrap().into_iter().map(|job| job.claim.id));
    }
    taken.sort_unstable();
    taken.dedup();
    let running: Option<i64> =
        query_scalar("select count(*) from tests where status = 'RUNNING' and attempts = 1")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!((taken.len(), running), (30, Some(30)));
}
