//! `/api/social/comments/received`: what others wrote to the caller.

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Client, user};

use crate::support::{assert_snapshot, create, path, private, reviewer, start};

const COMMENTS: &str = "/api/social/comments";
const RECEIVED: &str = "/api/social/comments/received";

async fn comment(client: &Client, prompt: &Value, text: &str, parent: Option<&Value>) -> Value {
    let body =
        json!({"promptId": prompt["id"], "content": text, "parentId": parent.map(|p| &p["id"])});
    client.post(COMMENTS, body).await.expect(201)
}

fn texts(page: &Value) -> Vec<&str> {
    let content = page["content"].as_array().unwrap();
    content.iter().map(|comment| comment["content"].as_str().unwrap()).collect()
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn comments_on_my_prompts_and_replies_to_mine_are_listed_newest_first(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let bob = anonymous.forwarded_for(&user("bob"));
    anonymous.get(RECEIVED).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    assert_eq!(texts(&ada.get(RECEIVED).await.expect(200)), Vec::<&str>::new());

    let of_ada = create(&ada, reviewer()).await;
    let of_eve = create(&eve, reviewer()).await;
    let first = comment(&eve, &of_ada, "first", None).await;
    comment(&ada, &of_ada, "her own", None).await;
    comment(&ada, &of_ada, "to first", Some(&first)).await;
    comment(&bob, &of_ada, "second", None).await;
    let question = comment(&ada, &of_eve, "question", None).await;
    comment(&eve, &of_eve, "answer", Some(&question)).await;
    comment(&ada, &of_eve, "thanks", Some(&question)).await;

    let received = ada.get(RECEIVED).await.expect(200);
    assert_eq!(texts(&received), ["answer", "second", "first"]);
    assert_snapshot("received_comments", &received);
    assert_eq!(texts(&eve.get(RECEIVED).await.expect(200)), ["question", "to first"]);
    assert_eq!(texts(&bob.get(RECEIVED).await.expect(200)), Vec::<&str>::new());

    // Page by page the same, by cursor and by number.
    let one = ada.get(&format!("{RECEIVED}?size=1")).await.expect(200);
    let cursor = one["nextCursor"].as_str().unwrap();
    let rest = ada.get(&format!("{RECEIVED}?cursor={cursor}")).await.expect(200);
    assert_eq!((texts(&one), texts(&rest)), (vec!["answer"], vec!["second", "first"]));
    let third = ada.get(&format!("{RECEIVED}?size=1&page=2")).await.expect(200);
    assert_eq!(texts(&third), ["first"]);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn replies_on_a_prompt_that_became_hidden_are_not_shown(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let prompt = create(&eve, reviewer()).await;
    let question = comment(&ada, &prompt, "question", None).await;
    comment(&eve, &prompt, "answer", Some(&question)).await;
    assert_eq!(texts(&ada.get(RECEIVED).await.expect(200)), ["answer"]);
    eve.put(&path(&prompt), private(reviewer())).await.expect(200);
    assert_eq!(texts(&ada.get(RECEIVED).await.expect(200)), Vec::<&str>::new());
    // Its author still sees what was written to her.
    assert_eq!(texts(&eve.get(RECEIVED).await.expect(200)), ["question"]);
}
