use serde_json::json;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::support::start;

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn everyone_sees_which_models_there_are_and_which_can_be_used(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
    let list = app.anonymous().get("/api/tests/providers").await.expect(200);
    let names = json!(["MOCK", "OPENAI", "OPENAI_COMPATIBLE", "ANTHROPIC", "GEMINI"]);
    assert_eq!(list["providers"], names);
    assert_eq!(list["count"], 5);
    let models = list["models"].as_array().unwrap();
    let mock = json!({
        "provider": "MOCK", "name": "mock", "contextWindow": 128_000,
        "inputCostPerMillion": 0, "outputCostPerMillion": 0, "available": true,
    });
    assert!(models.contains(&mock), "{list}");
    for model in models {
        assert_eq!(model["available"], model["provider"] == "MOCK", "{model}");
    }
    assert!(models.iter().any(|model| model["provider"] == "OPENAI"));
}
