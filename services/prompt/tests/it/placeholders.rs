use serde_json::json;
use sqlx::PgPool;
use testkit::user;

use crate::support::{create, path, reviewer, start};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn code_in_braces_stays_to_the_letter_and_is_listed(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let code = r#"<p style={{ color: "red" }}> {{"name": "x"}} ${product:tea} \{{no}} ?q={{topic}} {{tone:dry}}"#;
    let mut body = reviewer();
    body["content"] = json!(code);
    let prompt = create(&ada, body).await;
    assert_eq!(prompt["variables"], json!(["topic", "tone"]));
    let literals = json!([r#"{{ color: "red" }}"#, r#"{{"name": "x"}}"#, "${product:tea}"]);
    assert_eq!(prompt["literals"], literals);

    let render = format!("{}/render", path(&prompt));
    let rendered = ada.post(&render, json!({"variables": {"topic": "a"}})).await.expect(200);
    assert_eq!(
        rendered["content"],
        r#"<p style={{ color: "red" }}> {{"name": "x"}} ${product:tea} {{no}} ?q=a dry"#
    );
}
