use std::collections::HashSet;

use chrono::{NaiveDate, TimeDelta, Utc};
use ids::PromptId;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use sqlx::PgPool;
use timestamp::Timestamp;
use tokio::{runtime::Handle, task::spawn_blocking};

use super::world::{FOR_EVER, World, id, view};
use crate::{
    domain::{Activity, trending_score::class_of},
    repo::trending_candidates,
    service::{
        ingest::ingest,
        merge_deltas::{MergeLimits, merge_within},
        ranking::ranking,
    },
};

/// Bounds that a few views reach.
const SMALL: MergeLimits = MergeLimits { deltas: 9, views: 12, part: 2, candidates: 3 };

/// Periods of each half-life, with its longest and shorter ones.
const DAYS: [u16; 7] = [1, 2, 7, 8, 30, 31, 90];

fn prompt(number: u8) -> PromptId {
    PromptId(id(1, number))
}

fn viewed(number: u8, days_ago: i64, viewer: u32) -> Activity {
    view(prompt(number), Timestamp(Utc::now() - TimeDelta::days(days_ago)), viewer)
}

async fn merge(pool: &PgPool, views: &[Activity]) {
    let views: Vec<&Activity> = views.iter().collect();
    ingest(pool, FOR_EVER, &views, &[]).await.unwrap();
    while merge_within(pool, SMALL).await.unwrap() {}
}

/// Returns the whole ranking, read in pages of two.
async fn read(pool: &PgPool, days: u16) -> Vec<(PromptId, f64)> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = ranking(pool, days, after, 2).await.unwrap();
        all.extend(page.iter().map(|ranked| (ranked.prompt_id, ranked.score)));
        match page.last() {
            Some(last) => after = Some(last.cursor),
            None => return all,
        }
    }
}

/// Returns what a sort of all scores says.
async fn sorted(pool: &PgPool, days: u16) -> Vec<PromptId> {
    let key = ["key_1", "key_7", "key_30", "key_90"][class_of(days)];
    let sql = format!(
        "select prompt_id from prompt_scores where last_day > (now() at time zone 'UTC')::date - $1
         order by score_rank({key}) desc, prompt_id"
    );
    let days = i32::from(days);
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(days).fetch_all(pool).await.unwrap()
}

async fn check(pool: &PgPool) -> Result<(), TestCaseError> {
    for days in DAYS {
        let ids: Vec<PromptId> = read(pool, days).await.into_iter().map(|(id, _)| id).collect();
        prop_assert_eq!(ids, sorted(pool, days).await, "{} days", days);
    }
    Ok(())
}

async fn candidates(pool: &PgPool, days: i16) -> i64 {
    sqlx::query_scalar("select count(*) from trending_candidates where period = $1")
        .bind(days)
        .fetch_one(pool)
        .await
        .unwrap()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_ranking_with_a_threshold_equals_a_sort_of_all_scores(pool: PgPool) {
    let handle = Handle::current();
    let run = move || {
        let config = Config { failure_persistence: None, cases: 12, ..Config::default() };
        let views = vec((0..30_u8, 0..95_i64, 0..4_u32), 1..60);
        TestRunner::new(config).run(&vec(views, 1..5), |batches| {
            handle.block_on(async {
                World::new(pool.clone(), Vec::new()).await;
                for batch in batches {
                    let views: Vec<Activity> =
                        batch.iter().map(|(n, ago, viewer)| viewed(*n, *ago, *viewer)).collect();
                    merge(&pool, &views).await;
                    check(&pool).await?;
                }
                for days in [1, 7, 30, 90] {
                    let count = candidates(&pool, days).await;
                    prop_assert!(count <= 2 * SMALL.candidates, "{} of {} days", count, days);
                }
                let mut connection = pool.acquire().await.unwrap();
                trending_candidates::choose(&mut connection, SMALL.candidates).await.unwrap();
                check(&pool).await
            })
        })
    };
    if let Err(failure) = spawn_blocking(run).await.unwrap() {
        panic!("{failure}");
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn where_candidates_run_out_the_prompts_below_the_threshold_follow(pool: PgPool) {
    let past: Vec<Activity> =
        (0..20).flat_map(|n| (0..9).map(move |viewer| viewed(n, 5, viewer))).collect();
    merge(&pool, &past).await;
    assert!(trending_candidates::has_threshold(&pool, class_of(7)).await.unwrap());
    // One view each: less than a fifth of what the others have left.
    merge(&pool, &(20..24).map(|n| viewed(n, 0, 1)).collect::<Vec<_>>()).await;
    let today: HashSet<PromptId> = (20..24).map(prompt).collect();
    let chosen: Vec<PromptId> =
        sqlx::query_scalar("select prompt_id from trending_candidates where period = 7")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert!(chosen.iter().all(|id| !today.contains(id)), "{chosen:?}");
    let expected: Vec<PromptId> = (20..24).map(prompt).collect();
    let read: Vec<PromptId> = read(&pool, 2).await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(read, expected);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn pruning_keeps_the_order_and_equal_scores_keep_theirs_over_pages(pool: PgPool) {
    // 25 prompts with four different scores.
    let views: Vec<Activity> = (0..25_u8)
        .rev()
        .flat_map(|n| (0..=u32::from(n % 4)).map(move |viewer| viewed(n, 0, viewer)))
        .collect();
    let batch: Vec<&Activity> = views.iter().collect();
    ingest(&pool, FOR_EVER, &batch, &[]).await.unwrap();
    while merge_within(&pool, MergeLimits::default()).await.unwrap() {}
    let before = read(&pool, 7).await;
    let mut expected: Vec<u8> = (0..25).collect();
    expected.sort_by_key(|n| (3 - n % 4, *n));
    assert_eq!(
        before.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        expected.into_iter().map(prompt).collect::<Vec<_>>()
    );
    assert_eq!(candidates(&pool, 7).await, 25);
    let mut connection = pool.acquire().await.unwrap();
    // In the midst of equal scores.
    for kept in [20, 8, 3] {
        trending_candidates::prune(&mut connection, kept).await.unwrap();
        assert_eq!(candidates(&pool, 7).await, kept);
        assert_eq!(read(&pool, 7).await, before);
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_candidate_of_the_past_is_pruned_and_comes_back_when_it_is_viewed(pool: PgPool) {
    // What is left of so many viewers is more than one of today.
    let past: Vec<Activity> =
        (0..2).flat_map(|n| (0..150).map(move |viewer| viewed(n, 9, viewer))).collect();
    merge(&pool, &past).await;
    assert_eq!(candidates(&pool, 7).await, 2);
    merge(&pool, &(2..9).map(|n| viewed(n, 0, 1)).collect::<Vec<_>>()).await;
    let oldest: Option<NaiveDate> =
        sqlx::query_scalar("select min(last_day) from trending_candidates where period = 7")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(oldest, Some(Utc::now().date_naive()));
    merge(&pool, &[viewed(1, 0, 1)]).await;
    assert_eq!(read(&pool, 7).await[0].0, prompt(1));
    check(&pool).await.unwrap();
}
