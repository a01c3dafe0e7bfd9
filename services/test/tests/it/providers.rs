//! `GET /api/tests/providers`.

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::TestApp;

use crate::{
    remote::KEY,
    support::{start, start_with},
};

async fn list(app: &TestApp) -> Value {
    app.anonymous().get("/api/tests/providers").await.expect(200)
}

/// Whether the models of each provider are available; all of one are or none is.
fn available(list: &Value, provider: &str) -> bool {
    let models = list["models"].as_array().unwrap();
    let of_it: Vec<_> =
        models.iter().filter(|it| it["provider"] == provider).map(|it| &it["available"]).collect();
    assert!(of_it.windows(2).all(|pair| pair[0] == pair[1]), "{list}");
    of_it.first().is_some_and(|it| it.as_bool().unwrap())
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn everyone_sees_which_models_there_are_and_which_can_be_used(pool: PgPool) {
    let app = start(&pool).await;
    let list = list(&app).await;
    let names = json!(["MOCK", "OPENAI", "OPENAI_COMPATIBLE", "ANTHROPIC", "GEMINI"]);
    assert_eq!(list["providers"], names);
    assert_eq!(list["count"], 5);
    let models = list["models"].as_array().unwrap();
    let mock = json!({
        "provider": "MOCK", "name": "mock", "contextWindow": 128_000,
        "inputCostPerMillion": 0, "outputCostPerMillion": 0, "available": true,
    });
    assert!(models.contains(&mock), "{list}");
    let gpt_4o = json!({
        "provider": "OPENAI", "name": "gpt-4o", "contextWindow": 128_000,
        "inputCostPerMillion": 2.5, "outputCostPerMillion": 10, "available": false,
    });
    assert!(models.contains(&gpt_4o), "{list}");
    for model in models {
        assert_eq!(model["available"], model["provider"] == "MOCK", "{model}");
    }
    assert_eq!(list["endpoints"], json!([]));
    assert_eq!(list["pricesAsOf"].as_str().unwrap().len(), 10);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_provider_with_a_key_and_an_endpoint_of_the_settings_can_be_used(pool: PgPool) {
    let settings = [
        ("ANTHROPIC_API_KEY", KEY),
        ("OPENAI_COMPATIBLE_ENDPOINTS", "local=http://10.0.0.7:11434/v1"),
        ("OPENAI_COMPATIBLE_LOCAL_MODELS", "llama3.2"),
    ];
    let app = start_with(&pool, &settings).await;
    let list = list(&app).await;
    for (provider, there) in [
        ("MOCK", true),
        ("OPENAI", false),
        ("OPENAI_COMPATIBLE", true),
        ("ANTHROPIC", true),
        ("GEMINI", false),
    ] {
        assert_eq!(available(&list, provider), there, "{provider}");
    }
    assert_eq!(list["endpoints"], json!(["local"]));
    let local = json!({
        "provider": "OPENAI_COMPATIBLE", "name": "local/llama3.2", "contextWindow": null,
        "inputCostPerMillion": null, "outputCostPerMillion": null, "available": true,
    });
    assert!(list["models"].as_array().unwrap().contains(&local), "{list}");
    for secret in [KEY, "10.0.0.7"] {
        assert!(!list.to_string().contains(secret), "{list}");
    }
}
