//! `/api/tests/comparisons`.

mod create;
mod read;
mod stream;

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Client, eventually};

pub const PATH: &str = "/api/tests/comparisons";

pub fn target(model: &str) -> Value {
    json!({"modelProvider": "MOCK", "modelName": model})
}

pub fn comparison(models: &[&str]) -> Value {
    let targets: Vec<Value> = models.iter().map(|model| target(model)).collect();
    json!({
        "name": "Side by side", "promptContent": "Say hello to {{name}}.",
        "variables": {"name": "Ada"}, "targets": targets,
    })
}

pub fn path(comparison: &Value) -> String {
    format!("{PATH}/{}", comparison["id"].as_str().unwrap())
}

pub async fn finished(client: &Client, comparison: &Value) -> Value {
    let path = path(comparison);
    eventually("the comparison to be over", || async {
        let now = client.get(&path).await.expect(200);
        (now["progress"]["done"] == now["progress"]["total"]).then_some(now)
    })
    .await
}

pub async fn counts(pool: &PgPool) -> (i64, i64) {
    sqlx::query_as("select (select count(*) from comparisons), (select count(*) from tests)")
        .fetch_one(pool)
        .await
        .unwrap()
}
