//! `/api/tests/runs` and `/api/tests/datasets/{id}/runs`.

mod compare;
mod create;
mod read;
mod results;
mod stream;

use serde_json::{Value, json};
use sqlx::{PgPool, query_scalar};
use testkit::{Client, eventually};

pub const DATASETS: &str = "/api/tests/datasets";

/// A data set of these rows; returns where its runs are.
pub async fn dataset(client: &Client, rows: Value) -> String {
    let made = client.post(DATASETS, json!({"name": "Set", "rows": rows})).await.expect(201);
    format!("{DATASETS}/{}/runs", made["id"].as_str().unwrap())
}

pub fn names() -> Value {
    json!([
        {"variables": {"name": "Ada"}, "expected": "Ada"},
        {"variables": {"name": "Bob"}, "expected": "Eve"},
    ])
}

pub fn run(models: &[&str]) -> Value {
    let target = |model: &&str| json!({"modelProvider": "MOCK", "modelName": model});
    json!({
        "promptContent": "Say hello to {{name}}.",
        "targets": models.iter().map(target).collect::<Vec<_>>(),
        "assertions": [{"type": "contains", "value": "{{expected}}"}],
    })
}

pub fn path(run: &Value) -> String {
    format!("/api/tests/runs/{}", run["id"].as_str().unwrap())
}

pub async fn finished(client: &Client, run: &Value) -> Value {
    let path = path(run);
    eventually("the run to be over", || async {
        let now = client.get(&path).await.expect(200);
        (now["progress"]["done"] == now["progress"]["total"]).then_some(now)
    })
    .await
}

pub async fn count(pool: &PgPool) -> (i64, i64) {
    let runs = query_scalar("select count(*) from runs").fetch_one(pool).await.unwrap();
    let tests = query_scalar("select count(*) from tests").fetch_one(pool).await.unwrap();
    (runs, tests)
}
