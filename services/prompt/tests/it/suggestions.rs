//! `/prompts/suggest`.

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client, user};

use crate::{
    search_support::{indexed, prompt},
    support::{create, path, private, start},
};

async fn suggest(client: &Client, typed: &str) -> Vec<Value> {
    let typed: String = typed.bytes().map(|b| format!("%{b:02X}")).collect();
    let answer = client.get(&format!("/prompts/suggest?q={typed}")).await.expect(200);
    answer["suggestions"].as_array().unwrap().clone()
}

fn texts<'a>(suggestions: &'a [Value], kind: &str) -> Vec<&'a str> {
    let of_kind = suggestions.iter().filter(|suggestion| suggestion["kind"] == kind);
    of_kind.map(|suggestion| suggestion["text"].as_str().unwrap()).collect()
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn titles_tags_categories_and_authors_are_suggested(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let author = user("zebrastar");
    let ada = anonymous.forwarded_for(&author);
    let mut body = prompt("Zebra crossing", "Stripes everywhere.");
    body["tags"] = json!(["zebras"]);
    body["category"] = json!("Zebra lore");
    let created = create(&ada, body).await;
    indexed(&pool, &anonymous).await;
    let found = suggest(&anonymous, "zeb").await;
    assert_eq!(texts(&found, "TITLE"), ["Zebra crossing"]);
    assert_eq!(texts(&found, "TAG"), ["zebras"]);
    assert_eq!(texts(&found, "CATEGORY"), ["Zebra lore"]);
    assert_eq!(texts(&found, "AUTHOR"), ["zebrastar"]);
    for suggestion in &found {
        let (prompt, person) = (suggestion.get("promptId"), suggestion.get("userId"));
        match suggestion["kind"].as_str().unwrap() {
            "TITLE" => assert_eq!((prompt, person), (Some(&created["id"]), None)),
            "AUTHOR" => assert_eq!((prompt, person), (None, Some(&json!(author.id)))),
            _ => assert_eq!((prompt, person), (None, None)),
        }
    }
    assert_eq!(
        anonymous.get("/prompts/suggest?q=zeb&limit=1").await.expect(200)["suggestions"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    for nothing in ["", "  ", "%", "\"", "-"] {
        assert_eq!(suggest(&anonymous, nothing).await, Vec::<Value>::new(), "{nothing}");
    }
    for (bad, field) in
        [("limit=0", "limit"), ("limit=21", "limit"), (&format!("q={}", "x".repeat(201)), "q")]
    {
        let answer = anonymous.get(&format!("/prompts/suggest?{bad}")).await;
        assert_eq!(Answer::bad_fields(&answer.expect_problem(400, "VALIDATION_FAILED")), [field]);
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn what_is_hidden_or_renamed_is_not_suggested_in_the_very_next_answer(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("quokkafan"));
    create(&ada, private(prompt("Quokka diary", "Only of mine."))).await;
    let shown = create(&ada, prompt("Quokka guide", "Smiles at you all.")).await;
    let renamed = create(&ada, prompt("Quokka atlas", "Maps of places.")).await;
    indexed(&pool, &anonymous).await;
    let mut found = suggest(&ada, "quok").await;
    found.sort_by_key(|suggestion| suggestion["text"].to_string());
    assert_eq!(texts(&found, "TITLE"), ["Quokka atlas", "Quokka guide"]);
    ada.put(&path(&renamed), json!({"title": "An atlas"})).await.expect(200);
    assert_eq!(texts(&suggest(&anonymous, "quok").await, "TITLE"), ["Quokka guide"]);
    ada.put(&path(&shown), json!({"visibility": "PRIVATE"})).await.expect(200);
    assert_eq!(texts(&suggest(&ada, "quok").await, "TITLE"), Vec::<&str>::new());
    ada.delete(&path(&renamed)).await.expect(204);
    assert_eq!(texts(&suggest(&ada, "quok").await, "AUTHOR"), Vec::<&str>::new());
}
