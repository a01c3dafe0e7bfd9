//! Health, metrics, problems of the framework, and an outage of the database.

use sqlx::PgPool;
use testkit::{DatabaseSwitch, eventually, health, user};

use crate::support::{create, path, reviewer, start};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn health_ready_metrics_and_the_description_answer(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    let ready = eventually("the search index", async || {
        let ready = client.get("/health/ready").await;
        (ready.status == 200 && ready.json["checks"][2]["status"] == "UP").then_some(ready.json)
    })
    .await;
    health::check(&fixture.app, "prompt", &[]).await;
    let checks = ready["checks"].as_array().unwrap();
    let shown: Vec<_> = checks
        .iter()
        .map(|check| {
            (check["name"].as_str(), check["status"].as_str(), check["required"].as_bool())
        })
        .collect();
    let (postgres, mongodb) = (Some("postgres"), Some("mongodb"));
    let up = Some("UP");
    let (search, preference) = (Some("search"), Some("search_preference"));
    assert_eq!(
        shown,
        [
            (postgres, up, Some(true)),
            (mongodb, up, Some(false)),
            (search, up, Some(false)),
            (preference, up, Some(true))
        ]
    );
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_framework_s_own_refusals_are_problems_too(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().forwarded_for(&user("ada"));
    health::refuses(&client, "/prompts").await;
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn without_its_database_the_service_answers_503_and_recovers_by_itself(pool: PgPool) {
    let database = DatabaseSwitch::of(&pool).await;
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = path(&create(&client, reviewer()).await);

    database.off().await;
    health::is_away(&client, &prompt).await;
    client.post("/prompts", reviewer()).await.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    database.on().await;
    health::is_back(&client, &prompt).await;
    create(&client, reviewer()).await;
}
