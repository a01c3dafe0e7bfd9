//! Tests of leases.

use std::time::Duration;

use ids::UserId;
use model_client::ModelProvider;
use sqlx::{PgPool, query_scalar};
use timestamp::Timestamp;

use super::support::*;
use crate::{
    domain::{MAX_ATTEMPTS, TestStatus},
    repo::{
        prompt_tests,
        queue::{
            lease::{extend_leases, fail_unserved},
            record::Outcome,
        },
    },
};

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_claimed_test_is_not_claimed_again_while_its_lease_lasts(pool: PgPool) {
    let test = queue_one(&pool).await;
    let claimed = claim_all(&pool, LEASE).await;
    assert_eq!((claimed[0].claim.id, claimed[0].claim.attempt), (test.id, 1));
    assert!(requeue_all(&pool).await.is_empty());
    assert!(claim_all(&pool, LEASE).await.is_empty());
    assert_eq!(look(&pool, &test).await.status, TestStatus::Running);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_worker_whose_lease_went_to_another_changes_nothing(pool: PgPool) {
    let test = queue_one(&pool).await;
    let dead = claim_all(&pool, EXPIRED).await.remove(0).claim;
    requeue_all(&pool).await;
    let alive = claim_all(&pool, LEASE).await.remove(0).claim;
    assert_eq!(alive.attempt, 2);

    assert_eq!(extend_leases(&pool, &[dead, alive], LEASE).await.unwrap(), [dead]);
    assert!(!put(&pool, dead, Outcome::Retry(Duration::ZERO, None)).await);
    assert!(!put(&pool, dead, Outcome::Released).await);
    assert!(!put(&pool, dead, Outcome::failed("late")).await);
    assert!(!put(&pool, dead, answer("from the dead")).await);

    assert!(put(&pool, alive, answer("from the living")).await);
    assert!(!put(&pool, alive, answer("twice")).await);
    let test = look(&pool, &test).await;
    assert_eq!(test.response.as_deref(), Some("from the living"));
    assert_eq!((test.attempts, test.token_count), (2, Some(3)));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_sign_of_life_keeps_the_lease_and_gets_back_one_that_nobody_took(pool: PgPool) {
    let test = queue_one(&pool).await;
    let claim = claim_all(&pool, EXPIRED).await.remove(0).claim;
    assert!(extend_leases(&pool, &[claim], LEASE).await.unwrap().is_empty());
    requeue_all(&pool).await;
    assert_eq!(look(&pool, &test).await.status, TestStatus::Running);

    sqlx::query("update tests set due_at = now()").execute(&pool).await.unwrap();
    requeue_all(&pool).await;
    assert_eq!(look(&pool, &test).await.status, TestStatus::Pending);
    assert!(extend_leases(&pool, &[claim], LEASE).await.unwrap().is_empty());
    assert_eq!(look(&pool, &test).await.status, TestStatus::Running);
    assert!(claim_all(&pool, LEASE).await.is_empty());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_sign_of_life_does_not_get_back_what_the_worker_itself_put_back(pool: PgPool) {
    let outcomes = || [Outcome::Retry(Duration::ZERO, None), Outcome::Released];
    // The second time after the lease had run out.
    let cases = [LEASE, EXPIRED].into_iter().flat_map(|lease| outcomes().map(|o| (o, lease)));
    for (outcome, lease) in cases {
        let test = queue_one(&pool).await;
        let claim = claim_all(&pool, lease).await.remove(0).claim;
        requeue_all(&pool).await;
        assert!(put(&pool, claim, outcome).await);
        assert_eq!(extend_leases(&pool, &[claim], LEASE).await.unwrap(), [claim]);
        assert!(!put(&pool, claim, answer("after all")).await);
        assert_eq!(look(&pool, &test).await.status, TestStatus::Pending);
        assert!(prompt_tests::cancel(&pool, test.id, test.user_id).await.unwrap());
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_lease_with_time_left_is_not_written_again(pool: PgPool) {
    queue_one(&pool).await;
    let claim = claim_all(&pool, LEASE).await.remove(0).claim;
    let due = || async {
        let due: Timestamp =
            query_scalar("select due_at from tests").fetch_one(&pool).await.unwrap();
        due
    };
    let before = due().await;
    assert!(extend_leases(&pool, &[claim], LEASE).await.unwrap().is_empty());
    assert_eq!(due().await, before);
    assert!(extend_leases(&pool, &[claim], 2 * LEASE).await.unwrap().is_empty());
    assert!(due().await > before);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_test_that_kills_its_workers_is_given_up(pool: PgPool) {
    let test = queue_one(&pool).await;
    for _ in 0..MAX_ATTEMPTS {
        assert!(requeue_all(&pool).await.is_empty());
        assert_eq!(claim_all(&pool, EXPIRED).await.len(), 1);
    }
    assert_eq!(requeue_all(&pool).await, [test.id]);
    assert!(claim_all(&pool, LEASE).await.is_empty());
    let test = look(&pool, &test).await;
    assert_eq!(test.status, TestStatus::Failed);
    assert_eq!(test.error_message.as_deref(), Some("given up"));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_test_for_an_endpoint_that_is_gone_does_not_wait_for_ever(pool: PgPool) {
    let test = queue_for(&pool, UserId::new(), ModelProvider::OpenaiCompatible).await;
    let known = ["local".to_owned()];
    assert!(fail_unserved(&pool, &known, "gone").await.unwrap().is_empty());
    sqlx::query("update tests set created_at = now() - interval '2 minutes'")
        .execute(&pool)
        .await
        .unwrap();
    assert!(fail_unserved(&pool, &["mock".to_owned()], "gone").await.unwrap().is_empty());
    assert_eq!(fail_unserved(&pool, &known, "gone").await.unwrap(), [test.id]);
    assert_eq!(look(&pool, &test).await.error_message.as_deref(), Some("gone"));
}
