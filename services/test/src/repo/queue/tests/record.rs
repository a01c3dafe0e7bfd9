//! Tests of writing outcomes.

use std::{collections::BTreeMap, time::Duration};

use ids::{TestId, UserId};
use model_client::UsageSource;
use sqlx::PgPool;

use super::support::*;
use crate::{
    domain::{MAX_ATTEMPTS, TestStatus},
    repo::{
        prompt_tests,
        queue::{
            claimed_test::Claim,
            lease::extend_leases,
            record::{Failure, Outcome, record, store_partial_answer},
        },
    },
};

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_answer_that_comes_after_the_lease_is_kept_if_nobody_took_the_test(pool: PgPool) {
    for is_taken_back in [false, true] {
        let test = queue_one(&pool).await;
        let claim = claim_all(&pool, EXPIRED).await.remove(0).claim;
        if is_taken_back {
            requeue_all(&pool).await;
        }
        assert!(put(&pool, claim, answer("late but paid for")).await);
        assert_eq!(look(&pool, &test).await.status, TestStatus::Completed);
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_test_to_be_tried_again_is_due_after_the_delay_and_keeps_its_count(pool: PgPool) {
    let test = queue_one(&pool).await;
    let claim = claim_all(&pool, LEASE).await.remove(0).claim;
    assert!(put(&pool, claim, Outcome::Retry(LEASE, None)).await);
    assert_eq!(look(&pool, &test).await.status, TestStatus::Pending);
    assert!(claim_all(&pool, LEASE).await.is_empty());

    sqlx::query("update tests set due_at = now()").execute(&pool).await.unwrap();
    let again = claim_all(&pool, LEASE).await.remove(0);
    assert_eq!((again.claim.attempt, again.counted_attempts), (2, 2));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_a_stopping_worker_gives_back_is_due_at_once_and_does_not_count(pool: PgPool) {
    let test = queue_one(&pool).await;
    for attempt in 1..=2 * MAX_ATTEMPTS {
        let claimed = claim_all(&pool, LEASE).await.remove(0);
        assert_eq!((claimed.claim.attempt, claimed.counted_attempts), (attempt, 1));
        assert!(put(&pool, claimed.claim, Outcome::Released).await);
    }
    let test = look(&pool, &test).await;
    assert_eq!((test.status, test.attempts), (TestStatus::Pending, 2 * MAX_ATTEMPTS));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn many_outcomes_are_written_at_once_each_to_its_own_test(pool: PgPool) {
    let mut all = Vec::new();
    for _ in 0..5 {
        all.push(queue_one(&pool).await);
    }
    let claims: BTreeMap<TestId, Claim> =
        claim_all(&pool, LEASE).await.into_iter().map(|test| (test.claim.id, test.claim)).collect();
    let outcomes = [
        answer("mine"),
        Outcome::failed("why"),
        Outcome::Failed(Failure { reason: "broke off".to_owned(), part: Some(part("half")) }),
        Outcome::Retry(LEASE, None),
        Outcome::Released,
    ];
    let pairs: Vec<_> = all.iter().map(|test| claims[&test.id]).zip(&outcomes).collect();
    assert_eq!(record(&pool, &pairs).await.unwrap().len(), 5);
    let mut now = Vec::new();
    for test in &all {
        now.push(look(&pool, test).await);
    }
    let statuses: Vec<_> = now.iter().map(|test| test.status).collect();
    use TestStatus::{Completed, Failed, Pending};
    assert_eq!(statuses, [Completed, Failed, Failed, Pending, Pending]);
    assert_eq!(now[0].response.as_deref(), Some("mine"));
    assert_eq!(now[0].usage_source, Some(UsageSource::Provider));
    assert_eq!(now[1].error_message.as_deref(), Some("why"));
    assert_eq!((now[1].response.is_none(), now[1].usage_source), (true, None));
    assert_eq!((now[2].response.as_deref(), now[2].token_count), (Some("half"), Some(3)));
    let incomplete: Vec<_> = now.iter().map(|test| test.response_incomplete).collect();
    assert_eq!(incomplete, [false, false, true, false, false]);
    assert!(now[3].completed_at.is_none() && now[4].completed_at.is_none());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_cancelled_test_takes_no_result(pool: PgPool) {
    let test = queue_one(&pool).await;
    let claim = claim_all(&pool, LEASE).await.remove(0).claim;
    assert!(!prompt_tests::cancel(&pool, test.id, UserId::new()).await.unwrap());
    assert!(prompt_tests::cancel(&pool, test.id, test.user_id).await.unwrap());
    assert_eq!(extend_leases(&pool, &[claim], LEASE).await.unwrap(), [claim]);
    assert!(!put(&pool, claim, answer("too late")).await);
    assert!(!prompt_tests::cancel(&pool, test.id, test.user_id).await.unwrap());
    let test = look(&pool, &test).await;
    assert_eq!((test.status, test.response), (TestStatus::Cancelled, None));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_cancelled_test_keeps_what_its_last_attempt_heard_and_no_other_test_does(pool: PgPool) {
    let test = queue_one(&pool).await;
    let first = claim_all(&pool, EXPIRED).await.remove(0).claim;
    requeue_all(&pool).await;
    let second = claim_all(&pool, LEASE).await.remove(0).claim;
    assert!(!store_partial_answer(&pool, second, &part("not cancelled")).await.unwrap());
    assert!(prompt_tests::cancel(&pool, test.id, test.user_id).await.unwrap());
    assert!(!store_partial_answer(&pool, first, &part("of another attempt")).await.unwrap());
    assert!(store_partial_answer(&pool, second, &part("half")).await.unwrap());
    let test = look(&pool, &test).await;
    assert_eq!((test.response.as_deref(), test.response_incomplete), (Some("half"), true));
    assert_eq!((test.status, test.token_count), (TestStatus::Cancelled, Some(3)));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_an_attempt_heard_is_kept_until_a_later_one_hears_something(pool: PgPool) {
    let test = queue_one(&pool).await;
    let heard = async |outcome: Outcome| {
        let claim = claim_all(&pool, LEASE).await.remove(0).claim;
        assert!(put(&pool, claim, outcome).await);
        let test = look(&pool, &test).await;
        (test.status, test.response, test.response_incomplete, test.token_count)
    };
    let half = |text: &str| Some(text.to_owned());
    use TestStatus::{Completed, Failed, Pending};
    let again = |part| Outcome::Retry(Duration::ZERO, part);
    assert_eq!(heard(again(Some(part("half")))).await, (Pending, half("half"), true, Some(3)));
    assert_eq!(heard(again(None)).await, (Pending, half("half"), true, Some(3)));
    assert_eq!(heard(Outcome::Released).await, (Pending, half("half"), true, Some(3)));
    assert_eq!(heard(again(Some(part("other")))).await, (Pending, half("other"), true, Some(3)));
    assert_eq!(heard(Outcome::failed("away")).await, (Failed, half("other"), true, Some(3)));

    let test = queue_one(&pool).await;
    let claim = claim_all(&pool, LEASE).await.remove(0).claim;
    assert!(put(&pool, claim, again(Some(part("half")))).await);
    let claim = claim_all(&pool, LEASE).await.remove(0).claim;
    assert!(put(&pool, claim, answer("whole")).await);
    let test = look(&pool, &test).await;
    assert_eq!((test.status, test.response_incomplete), (Completed, false));
    assert_eq!(test.response.as_deref(), Some("whole"));
}
