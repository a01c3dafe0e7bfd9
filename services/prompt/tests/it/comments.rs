use auth::Role;
use axum::{Json, Router, routing::post};
use ids::CommentId;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use testkit::{Client, user};
use tokio::net::TcpListener;

use crate::support::{create, mongo_uri, private, reviewer, start, start_with};

const COMMENTS: &str = "/api/social/comments";

async fn comment(client: &Client, prompt: &Value, text: &str, parent: Option<&Value>) -> Value {
    let body =
        json!({"promptId": prompt["id"], "content": text, "parentId": parent.map(|p| &p["id"])});
    client.post(COMMENTS, body).await.expect(201)
}

fn on(thing: &Value) -> String {
    format!("{COMMENTS}/{}", thing["id"].as_str().unwrap())
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn comments_are_threaded_one_level_deep(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let prompt = create(&ada, reviewer()).await;
    let first = comment(&eve, &prompt, " Nice. ", None).await;
    assert_eq!(first["content"], "Nice.");
    let reply = comment(&ada, &prompt, "Thanks!", Some(&first)).await;
    let second = comment(&eve, &prompt, "And another thing.", None).await;

    let too_deep = json!({"promptId": prompt["id"], "content": "No.", "parentId": reply["id"]});
    let problem = eve.post(COMMENTS, too_deep).await.expect_problem(422, "REPLY_TO_REPLY");
    assert!(problem["errors"]["parentId"].is_array());
    let other = create(&ada, reviewer()).await;
    let astray = json!({"promptId": other["id"], "content": "No.", "parentId": first["id"]});
    eve.post(COMMENTS, astray).await.expect_problem(404, "COMMENT_NOT_FOUND");

    let page = eve.get(&on(&prompt)).await.expect(200);
    assert_eq!(page["totalElements"], 2);
    assert_eq!(page["content"][0]["id"], second["id"], "newest first");
    assert_eq!(page["content"][1]["replies"][0]["id"], reply["id"]);
    assert_eq!(page["content"][1]["replies"][0]["user"]["username"], "ada");
    let stats = format!("/api/social/stats/{}", prompt["id"].as_str().unwrap());
    assert_eq!(eve.get(&stats).await.expect(200)["commentsCount"], 3);

    assert_eq!(eve.delete(&on(&first)).await.status, 204);
    assert_eq!(eve.get(&stats).await.expect(200)["commentsCount"], 1, "the reply went with it");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_comment_is_its_writers_to_edit_and_delete(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let prompt = create(&ada, reviewer()).await;
    let mine = on(&comment(&eve, &prompt, "Mine.", None).await);
    let edit = json!({"content": "Edited."});
    anonymous.put(&mine, &edit).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    ada.put(&mine, &edit).await.expect_problem(403, "FORBIDDEN");
    ada.delete(&mine).await.expect_problem(403, "FORBIDDEN");
    assert_eq!(eve.put(&mine, &edit).await.expect(200)["content"], "Edited.");
    eve.put(&mine, json!({"content": "  "})).await.expect_problem(400, "VALIDATION_FAILED");
    let absent = format!("{COMMENTS}/{}", CommentId::new());
    eve.put(&absent, &edit).await.expect_problem(404, "COMMENT_NOT_FOUND");
    eve.delete(&absent).await.expect_problem(404, "COMMENT_NOT_FOUND");
    let mut root = user("root");
    root.roles.push(Role::Admin);
    assert_eq!(anonymous.forwarded_for(&root).delete(&mine).await.status, 204);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn comments_on_a_private_prompt_are_hidden_with_it(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let hidden = create(&ada, private(reviewer())).await;
    let note = on(&comment(&ada, &hidden, "A note to self.", None).await);
    eve.get(&on(&hidden)).await.expect_problem(404, "PROMPT_NOT_FOUND");
    let body = json!({"promptId": hidden["id"], "content": "Hello?"});
    eve.post(COMMENTS, body).await.expect_problem(404, "PROMPT_NOT_FOUND");
    eve.put(&note, json!({"content": "x"})).await.expect_problem(404, "COMMENT_NOT_FOUND");
    eve.delete(&note).await.expect_problem(404, "COMMENT_NOT_FOUND");
    eve.post(&format!("{note}/like"), json!({})).await.expect_problem(404, "COMMENT_NOT_FOUND");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_comment_is_liked_once_by_each(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let prompt = create(&ada, reviewer()).await;
    let like = format!("{}/like", on(&comment(&ada, &prompt, "Like me.", None).await));
    eve.post(&like, json!({})).await.expect(201);
    eve.post(&like, json!({})).await.expect(200);
    let page = eve.get(&on(&prompt)).await.expect(200);
    assert_eq!(page["content"][0]["likesCount"], 1);
    assert_eq!(page["content"][0]["userHasLiked"], true);
    assert_eq!(ada.get(&on(&prompt)).await.expect(200)["content"][0]["userHasLiked"], false);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn names_come_from_the_user_service(_: PgPoolOptions, database: PgConnectOptions) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let lookup = |Json(body): Json<Value>| async move {
        let users: Vec<Value> = body["ids"].as_array().unwrap().iter()
            .map(|id| json!({"id": id, "username": "ada", "firstName": "Ada", "lastName": "Lovelace"}))
            .collect();
        Json(json!({"users": users}))
    };
    let users = Router::new().route("/internal/users/lookup", post(lookup));
    tokio::spawn(async move { axum::serve(listener, users).await });

    let fixture = start_with(&database, &mongo_uri(&database), &url).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    assert_eq!(prompt["authorName"], "Ada Lovelace");
    let said = comment(&ada, &prompt, "It is me.", None).await;
    assert_eq!(said["user"]["firstName"], "Ada");
    assert_eq!(said["user"]["lastName"], "Lovelace");
}
