//! `/api/tests/datasets`.

mod create;
mod read;

use http::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client};

pub const PATH: &str = "/api/tests/datasets";

pub fn greetings() -> Value {
    json!({
        "name": "Greetings",
        "rows": [
            {"variables": {"name": "Ada", "language": "French"}, "expected": "Bonjour, Ada."},
            {"variables": {"name": "Боб", "language": "German"}},
            {"variables": {"name": "Cleo"}, "expected": ""},
        ],
    })
}

pub fn path(dataset: &Value) -> String {
    format!("{PATH}/{}", dataset["id"].as_str().unwrap())
}

pub async fn csv(client: &Client, query: &str, text: &str) -> Answer {
    client.raw(Method::POST, &format!("{PATH}{query}"), "text/csv; charset=utf-8", text).await
}

pub async fn kept(pool: &PgPool) -> (i64, i64) {
    sqlx::query_as("select (select count(*) from datasets), (select count(*) from dataset_rows)")
        .fetch_one(pool)
        .await
        .unwrap()
}
