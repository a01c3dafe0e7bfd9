//! Health, metrics, problems of the framework, and an outage of the database.

use sqlx::PgPool;
use testkit::{DatabaseSwitch, health};

use crate::support::{ada, register, start};

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn health_ready_metrics_and_the_description_answer(pool: PgPool) {
    let fixture = start(&pool).await;
    health::check(&fixture.app, "user", &["/auth/health"]).await;
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn the_framework_s_own_refusals_are_problems_too(pool: PgPool) {
    let fixture = start(&pool).await;
    health::refuses(&fixture.app.anonymous(), "/auth/login").await;
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn without_its_database_the_service_answers_503_and_recovers_by_itself(pool: PgPool) {
    let database = DatabaseSwitch::of(&pool).await;
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    let session = register(&client, ada()).await;
    let profile = format!("/users/{}", session["user"]["id"].as_str().unwrap());

    database.off().await;
    health::is_away(&client, &profile).await;
    database.on().await;
    health::is_back(&client, &profile).await;
}
