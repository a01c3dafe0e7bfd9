//! `/prompts/{id}/related`.

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client, user};

use crate::{
    search_support::{indexed, prompt, titles},
    support::{create, path, start},
};

async fn tagged(client: &Client, title: &str, tags: &[&str]) -> Value {
    let mut body = prompt(title, "Some text.");
    body["tags"] = json!(tags);
    create(client, body).await
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn what_shares_tags_and_words_is_related_and_only_what_is_listed_now(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let whale = tagged(&ada, "Blue whale", &["sea", "mammal"]).await;
    let most = tagged(&ada, "Grey whale", &["sea", "mammal"]).await;
    tagged(&ada, "Seal", &["sea"]).await;
    let related = format!("{}/related", path(&whale));
    indexed(&pool, &anonymous).await;
    let page = anonymous.get(&related).await.expect(200);
    assert_eq!(titles(&page)[0], "Grey whale");
    assert!(titles(&page).contains(&"Seal") && !titles(&page).contains(&"Blue whale"));
    assert_eq!((&page["first"], &page["last"]), (&json!(true), &json!(true)));
    let one = anonymous.get(&format!("{related}?limit=1")).await.expect(200);
    assert_eq!((titles(&one), &one["size"]), (vec!["Grey whale"], &json!(1)));

    ada.put(&path(&most), json!({"visibility": "PRIVATE"})).await.expect(200);
    for client in [&anonymous, &ada] {
        let page = client.get(&related).await.expect(200);
        assert!(!titles(&page).contains(&"Grey whale"), "{page}");
    }
    // A hidden prompt has related ones for who may read it.
    ada.put(&path(&whale), json!({"visibility": "PRIVATE"})).await.expect(200);
    assert!(titles(&ada.get(&related).await.expect(200)).contains(&"Seal"));
    for client in [&anonymous, &eve] {
        client.get(&related).await.expect_problem(404, "PROMPT_NOT_FOUND");
    }
    for bad in ["limit=0", "limit=51"] {
        let answer = ada.get(&format!("{related}?{bad}")).await;
        let problem = answer.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["limit"]);
    }
}
