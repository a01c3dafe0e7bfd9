//! Tests of claiming: turns, slots and limits.

use ids::UserId;
use model_client::ModelProvider;
use sqlx::{PgPool, query_scalar};

use super::support::*;
use crate::{
    domain::Lane,
    repo::queue::{
        claim::{ClaimCursor, LaneCapacity},
        claimed_test::ClaimedTest,
    },
};

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn spare_slots_are_for_people_who_have_none_running_in_the_lane(pool: PgPool) {
    use ModelProvider::{Mock, Openai};
    let (ada, bob, eve) = (UserId::new(), UserId::new(), UserId::new());
    for _ in 0..5 {
        queue_for(&pool, ada, Mock).await;
        queue_for(&pool, bob, Mock).await;
    }
    let count = async |slots, reserved| {
        let wanted = wanted_in(Mock, LaneCapacity { slots, reserved, limit: None });
        claim_as(&pool, &wanted, &mut ClaimCursor::new()).await.len()
    };
    // Two each of Ada's and Bob's fill what is shared.
    assert_eq!(count(6, 2).await, 4);
    assert_eq!(count(2, 2).await, 0);
    // Eve has none running here; that she has some elsewhere puts her last, not out.
    for _ in 0..3 {
        queue_for(&pool, eve, Openai).await;
    }
    let elsewhere = wanted_in(Openai, LaneCapacity { slots: 3, reserved: 0, limit: None });
    assert_eq!(claim_as(&pool, &elsewhere, &mut ClaimCursor::new()).await.len(), 3);
    for _ in 0..3 {
        queue_for(&pool, eve, Mock).await;
    }
    assert_eq!(count(2, 2).await, 1);
    assert_eq!(count(1, 2).await, 0);
    assert_eq!(count(3, 2).await, 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_lane_with_a_limit_keeps_to_it_over_all_processes(pool: PgPool) {
    for _ in 0..5 {
        queue_for(&pool, UserId::new(), ModelProvider::OpenaiCompatible).await;
    }
    let wanted = wanted_in(
        ModelProvider::OpenaiCompatible,
        LaneCapacity { slots: 3, reserved: 0, limit: Some(3) },
    );
    let claimed = claim_as(&pool, &wanted, &mut ClaimCursor::new()).await;
    assert_eq!(claimed.len(), 3);
    // Another process has all its slots free.
    assert!(claim_as(&pool, &wanted, &mut ClaimCursor::new()).await.is_empty());
    assert!(put(&pool, claimed[0].claim, answer("done")).await);
    assert_eq!(claim_as(&pool, &wanted, &mut ClaimCursor::new()).await.len(), 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_database_and_the_service_name_lanes_alike(pool: PgPool) {
    use ModelProvider::{Gemini, OpenaiCompatible};
    for (provider, model) in [
        (Gemini, "a/b"),
        (OpenaiCompatible, "local/a/b"),
        (OpenaiCompatible, ""),
        (OpenaiCompatible, "x"),
    ] {
        let named: String = query_scalar("select test_lane($1, $2)")
            .bind(provider)
            .bind(model)
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(named, Lane::of(provider, model).as_str());
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn one_provider_s_slots_are_not_another_s(pool: PgPool) {
    use ModelProvider::{Gemini, Mock, Openai};
    let user = UserId::new();
    for provider in [Openai, Openai, Openai, Mock, Mock, Gemini] {
        queue_for(&pool, user, provider).await;
    }
    let wanted = wanted(&[(Openai, 2), (Mock, 1)], 100, LEASE);
    let claimed = claim_as(&pool, &wanted, &mut ClaimCursor::new()).await;
    let mut of: Vec<_> = claimed.iter().map(|test| test.provider).collect();
    of.sort();
    assert_eq!(of, [Mock, Openai, Openai]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn everyone_s_first_test_comes_before_anyone_s_second(pool: PgPool) {
    let ada = UserId::new();
    for _ in 0..10 {
        queue_for(&pool, ada, ModelProvider::Mock).await;
    }
    let (bob, eve) = (queue_one(&pool).await, queue_one(&pool).await);
    let three = wanted(&[(ModelProvider::Mock, 3)], 100, LEASE);
    let claimed = claim_as(&pool, &three, &mut ClaimCursor::new()).await;
    let ids: Vec<_> = claimed.iter().map(|test| test.claim.id).collect();
    assert!(ids.len() == 3 && ids.contains(&bob.id) && ids.contains(&eve.id), "{ids:?}");
    // Nobody else is left: the slots are hers.
    assert_eq!(claim_as(&pool, &three, &mut ClaimCursor::new()).await.len(), 3);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn whoever_has_fewer_running_comes_first_however_long_others_have_been_due(pool: PgPool) {
    let (ada, bob) = (UserId::new(), UserId::new());
    for _ in 0..10 {
        queue_for(&pool, ada, ModelProvider::Mock).await;
    }
    let mut cursor = ClaimCursor::new();
    let two = wanted(&[(ModelProvider::Mock, 2)], 100, LEASE);
    assert_eq!(claim_as(&pool, &two, &mut cursor).await.len(), 2);
    let mut his = Vec::new();
    for _ in 0..3 {
        his.push(queue_for(&pool, bob, ModelProvider::Mock).await.id);
    }
    // He has none running, she has two: the next two are his, then they are equal and she has waited
    // longer.
    let ids = |claimed: Vec<ClaimedTest>| {
        claimed.into_iter().map(|test| test.claim.id).collect::<Vec<_>>()
    };
    let mut next = ids(claim_as(&pool, &two, &mut cursor).await);
    next.sort_unstable();
    assert_eq!(next, his[..2]);
    let one = wanted(&[(ModelProvider::Mock, 1)], 100, LEASE);
    assert!(!his.contains(&ids(claim_as(&pool, &one, &mut cursor).await)[0]));
    assert_eq!(ids(claim_as(&pool, &one, &mut cursor).await), his[2..]);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn no_more_than_so_many_of_one_person_s_run_at_once(pool: PgPool) {
    use ModelProvider::{Mock, Openai};
    let ada = UserId::new();
    for provider in [Mock, Mock, Openai, Openai] {
        queue_for(&pool, ada, provider).await;
    }
    // Over all providers together.
    let wanted = wanted(&[(Mock, 10), (Openai, 10)], 3, LEASE);
    let claimed = claim_as(&pool, &wanted, &mut ClaimCursor::new()).await;
    assert_eq!(claimed.len(), 3);
    assert!(claim_as(&pool, &wanted, &mut ClaimCursor::new()).await.is_empty());
    assert!(put(&pool, claimed[0].claim, answer("done")).await);
    assert_eq!(claim_as(&pool, &wanted, &mut ClaimCursor::new()).await.len(), 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn many_who_claim_at_once_share_without_overlap_and_keep_to_the_limit(pool: PgPool) {
    let ada = UserId::new();
    for _ in 0..30 {
        queue_one(&pool).await;
        queue_for(&pool, ada, ModelProvider::Mock).await;
    }
    let claims = (0..8).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let five = wanted(&[(ModelProvider::Mock, 5)], 7, LEASE);
            claim_as(&pool, &five, &mut ClaimCursor::new()).await
        })
    });
    let mut taken = Vec::new();
    for claimed in claims.collect::<Vec<_>>() {
        taken.extend(claimed.await.unwrap().into_iter().map(|test| test.claim.id));
    }
    taken.sort_unstable();
    taken.dedup();
    let (running, hers): (i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where user_id = $1) from tests
         where status = 'RUNNING' and attempts = 1",
    )
    .bind(ada)
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!((taken.len(), running), (37, 37));
    assert_eq!(hers, 7);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn where_more_people_wait_than_are_looked_at_the_next_claim_goes_on(pool: PgPool) {
    sqlx::query(
        "insert into tests (id, user_id, prompt_content, model_provider, model_name)
         select gen_random_uuid(), gen_random_uuid(), 'x', 'MOCK', 'mock'
         from generate_series(1, 450)",
    )
    .execute(&pool)
    .await
    .unwrap();
    let (mut cursor, mut taken) = (ClaimCursor::new(), Vec::new());
    for expected in [200, 200, 50, 0] {
        let claimed =
            claim_as(&pool, &wanted(&[(ModelProvider::Mock, 500)], 1, LEASE), &mut cursor).await;
        assert_eq!(claimed.len(), expected);
        assert_eq!(cursor.is_empty(), expected < 200);
        taken.extend(claimed.into_iter().map(|test| test.claim.id));
    }
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), 450);
}
