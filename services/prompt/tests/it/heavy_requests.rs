//! The heaviest requests of an anonymous client delay no others. Each test runs on a single thread, so
//! that any work that blocks it shows.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Client, eventually, user};
use tokio::task::JoinHandle;

use crate::{
    search_support::{indexed, search},
    support::{create, path, reviewer, start},
};

/// Requests health until all of the work is done, and returns its statuses. Checks that no answer takes
/// long, for an unoptimised build on a busy machine.
async fn meanwhile(client: &Client, work: Vec<JoinHandle<u16>>) -> Vec<u16> {
    let (mut slowest, mut asked) = (Duration::ZERO, 0);
    while work.iter().any(|task| !task.is_finished()) {
        let started = Instant::now();
        client.get("/health").await.expect(200);
        slowest = slowest.max(started.elapsed());
        asked += 1;
    }
    assert!(asked >= 10, "the work was over at once");
    assert!(slowest < Duration::from_millis(1500), "{slowest:?} of {asked}");
    let mut statuses = Vec::new();
    for task in work {
        statuses.push(task.await.unwrap());
    }
    statuses
}

fn spawn_get(client: &Client, path: &str) -> JoinHandle<u16> {
    let (client, path) = (client.clone(), path.to_owned());
    tokio::spawn(async move { client.get(&path).await.status.as_u16() })
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn others_are_answered_while_the_least_alike_texts_are_compared(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let lines = |seed: u32| {
        let mut state = seed;
        let mut line = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if state >> 31 == 0 { "a\n" } else { "b\n" }
        };
        (0..50_000).map(|_| line()).collect::<String>()
    };
    let mut body = reviewer();
    body["content"] = json!(lines(1));
    let prompt = path(&create(&ada, body).await);
    ada.put(&prompt, json!({"content": lines(2)})).await.expect(200);
    let diff = format!("{prompt}/versions/diff");
    let anonymous = fixture.app.anonymous();
    let work = (0..6).map(|_| spawn_get(&anonymous, &diff)).collect();
    for status in meanwhile(&anonymous, work).await {
        // A request that waits too long is answered with 503.
        assert!([200, 503].contains(&status), "{status}");
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn others_are_answered_while_the_longest_hits_are_highlighted(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    // Different words with the initial of the keyword, between runs that match it.
    sqlx::raw_sql(
        "insert into prompts (id, user_id, username, title, content, category, visibility)
         select gen_random_uuid(), gen_random_uuid(), 'ada', 'Hit ' || n,
                '一二 三四 ' || (select string_agg('é' || m * n, ' 一 ') from generate_series(1, 9000) m),
                'Writing', 'PUBLIC'
         from generate_series(1, 100) n;
         insert into prompt_counters (prompt_id, listed) select id, true from prompts",
    )
    .execute(&pool)
    .await
    .unwrap();
    let runs: String = (0..60).map(|n| if n % 2 == 0 { "一二 " } else { "三四 " }).collect();
    let search = |size| format!("/prompts/search?size={size}&keyword={runs}hit");
    indexed(&pool, &ada).await;
    let page = ada.get(&search(100)).await.expect(200);
    assert_eq!(page["content"].as_array().unwrap().len(), 100);
    assert!(page["content"][99]["highlight"].as_str().unwrap().contains("<mark>"));
    let anonymous = fixture.app.anonymous();
    // Pages of sizes that nobody asked for yet, for a page that was read is shared.
    let work = (96..100).map(|size| spawn_get(&anonymous, &search(size))).collect();
    assert_eq!(meanwhile(&anonymous, work).await, [200; 4]);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_thousand_wrong_variables_are_named_and_the_rest_is_counted(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    let many: Value = (0..60_000).map(|n| (format!("a{n}"), json!(""))).collect();
    let render = format!("{}/render", path(&prompt));
    let answer = fixture.app.anonymous().post(&render, json!({"variables": many})).await;
    assert!(answer.text.len() < 200_000, "{}", answer.text.len());
    let problem = answer.expect_problem(422, "VARIABLES_UNRESOLVED");
    let errors = problem["errors"].as_object().unwrap();
    assert_eq!(errors.len(), 1001);
    for missing in ["variables.code", "variables.language"] {
        assert_eq!(errors[missing], json!(["is missing"]));
    }
    assert_eq!(errors["variables"], json!(["are wrong in 59002 more names"]));
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_index_is_asked_while_reads_of_contents_wait(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    indexed(&pool, &anonymous).await;
    let mut lock = pool.begin().await.unwrap();
    sqlx::raw_sql("lock table prompts in access exclusive mode").execute(&mut *lock).await.unwrap();
    let lists: Vec<_> =
        (0..4).map(|_| spawn_get(&anonymous, "/prompts/public?include=content")).collect();
    let waiting = "select count(*) >= 2 from pg_locks
                   where not granted and relation = 'prompts'::regclass
                     and database = (select oid from pg_database where datname = current_database())";
    eventually("the lists to wait", async || {
        let are_waiting: bool = sqlx::query_scalar(waiting).fetch_one(&pool).await.unwrap();
        are_waiting.then_some(())
    })
    .await;
    assert_eq!(search(&anonymous, "nothing").await["content"], json!([]));
    lock.rollback().await.unwrap();
    for list in lists {
        assert_eq!(list.await.unwrap(), 200);
    }
}
