//! Requests that are answered in time or not at all.

use serde_json::json;
use sqlx::PgPool;

use crate::support::{join, start};

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_request_takes_no_longer_than_the_gateway_waits_for_it(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = join(&fixture, "ada").await;
    let mut held = pool.begin().await.unwrap();
    sqlx::query("select id from users for update").execute(&mut *held).await.unwrap();
    let change = json!({"bio": "Impatient."});
    let hurried = ada.client.with_header("x-request-timeout-ms", "300");
    hurried.put("/users/me", change.clone()).await.expect_problem(504, "UPSTREAM_TIMEOUT");
    // What is no time, and the word of a stranger, do not count.
    let patient = ada.client.with_header("x-request-timeout-ms", "soon");
    let waiting = tokio::spawn(async move { patient.put("/users/me", change).await });
    let stranger = fixture.app.anonymous().with_header("x-request-timeout-ms", "1");
    stranger.get("/users/search?q=ada").await.expect(200);
    held.rollback().await.unwrap();
    assert_eq!(waiting.await.unwrap().expect(200)["bio"], "Impatient.");
    hurried.get("/users/me").await.expect(200);
}
