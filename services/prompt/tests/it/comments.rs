//! Comments: threads, pages, and who may change them.

use axum::{Json, Router, routing::post};
use http::Method;
use ids::{CommentId, PromptId};
use internal_api::{
    Call,
    user::{LookUpUsers, LookUpUsersRequest, LookUpUsersResponse, UserNames},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client, user};
use tokio::net::TcpListener;

use crate::support::{
    admin, assert_snapshot, create, mongo_uri, private, reviewer, start, start_with,
};

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
async fn comments_are_threaded_one_level_deep(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let prompt = create(&ada, reviewer()).await;
    let first = comment(&eve, &prompt, " Nice. ", None).await;
    assert_snapshot("comment", &first);
    let reply = comment(&ada, &prompt, "Thanks!", Some(&first)).await;
    let second = comment(&eve, &prompt, "And another thing.", None).await;

    let too_deep = json!({"promptId": prompt["id"], "content": "No.", "parentId": reply["id"]});
    let problem = eve.post(COMMENTS, too_deep).await.expect_problem(422, "REPLY_TO_REPLY");
    assert!(problem["errors"]["parentId"].is_array());
    let other = create(&ada, reviewer()).await;
    let astray = json!({"promptId": other["id"], "content": "No.", "parentId": first["id"]});
    eve.post(COMMENTS, astray).await.expect_problem(404, "COMMENT_NOT_FOUND");

    let page = eve.get(&on(&prompt)).await.expect(200);
    assert_snapshot("comment_page", &page);
    assert_eq!(page["content"][0]["id"], second["id"], "newest first");
    assert_eq!(page["content"][1]["replies"][0]["id"], reply["id"]);
    let answered = &page["content"][1]["replies"][0];
    assert_eq!(answered["userId"], answered["user"]["id"]);
    assert_eq!(page["content"][0]["userId"], second["user"]["id"]);
    let stats = format!("/api/social/stats/{}", prompt["id"].as_str().unwrap());
    assert_eq!(eve.get(&stats).await.expect(200)["commentsCount"], 3);

    assert_eq!(eve.delete(&on(&first)).await.status, 204);
    assert_eq!(eve.get(&stats).await.expect(200)["commentsCount"], 1, "the reply went with it");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_comment_is_its_writers_to_edit(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let prompt = create(&ada, reviewer()).await;
    let mine = on(&comment(&eve, &prompt, "Mine.", None).await);
    let edit = json!({"content": " Edited. "});
    anonymous.put(&mine, &edit).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    for other in [&ada, &anonymous.forwarded_for(&admin("root"))] {
        other.put(&mine, &edit).await.expect_problem(403, "FORBIDDEN");
    }
    let edited = eve.put(&mine, &edit).await.expect(200);
    assert_eq!(edited["content"], "Edited.");
    assert!(edited["updatedAt"].as_str() >= edited["createdAt"].as_str());
    let shown = anonymous.get(&on(&prompt)).await.expect(200);
    assert_eq!(shown["content"][0]["content"], "Edited.");
    for bad in [json!("  "), json!("x".repeat(5001)), json!(5), json!(null)] {
        let problem =
            eve.put(&mine, json!({"content": bad})).await.expect_problem(400, "VALIDATION_FAILED");
        assert!(problem["errors"]["content"].is_array());
    }
    let absent = format!("{COMMENTS}/{}", CommentId::new());
    eve.put(&absent, &edit).await.expect_problem(404, "COMMENT_NOT_FOUND");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_comment_is_deleted_by_its_writer_the_prompts_author_or_an_admin(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let bob = anonymous.forwarded_for(&user("bob"));
    let root = anonymous.forwarded_for(&admin("root"));
    let prompt = create(&ada, reviewer()).await;
    let stats = format!("/api/social/stats/{}", prompt["id"].as_str().unwrap());
    for allowed in [&eve, &ada, &root] {
        let doomed = comment(&eve, &prompt, "Mine.", None).await;
        comment(&bob, &prompt, "Indeed.", Some(&doomed)).await;
        let doomed = on(&doomed);
        anonymous.delete(&doomed).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
        // The author of a reply may not delete the comment.
        bob.delete(&doomed).await.expect_problem(403, "FORBIDDEN");
        assert_eq!(ada.get(&stats).await.expect(200)["commentsCount"], 2);
        assert_eq!(allowed.delete(&doomed).await.status, 204);
        allowed.delete(&doomed).await.expect_problem(404, "COMMENT_NOT_FOUND");
        assert_eq!(ada.get(&stats).await.expect(200)["commentsCount"], 0, "with its replies");
    }
    // A reply is deleted alone.
    let first = comment(&eve, &prompt, "Mine.", None).await;
    let reply = comment(&bob, &prompt, "Indeed.", Some(&first)).await;
    eve.delete(&on(&reply)).await.expect_problem(403, "FORBIDDEN");
    assert_eq!(bob.delete(&on(&reply)).await.status, 204);
    let page = eve.get(&on(&prompt)).await.expect(200);
    assert_eq!((&page["content"][0]["id"], &page["totalElements"]), (&first["id"], &json!(1)));
    assert_eq!(page["content"][0]["replies"], json!([]));
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_comment_that_makes_no_sense_is_refused(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    let good = json!({"promptId": prompt["id"], "content": "x".repeat(5000)});
    anonymous.post(COMMENTS, &good).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    ada.post(COMMENTS, &good).await.expect(201);
    for (body, fields) in [
        (json!({}), vec!["content", "promptId"]),
        (json!({"promptId": prompt["id"], "content": " "}), vec!["content"]),
        (json!({"promptId": prompt["id"], "content": "x".repeat(5001)}), vec!["content"]),
        (json!({"promptId": 7, "content": "x", "parentId": "y"}), vec!["parentId", "promptId"]),
    ] {
        let problem = ada.post(COMMENTS, &body).await.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), fields, "{body}");
    }
    let body = |prompt: &Value, parent: Value| json!({"promptId": prompt["id"], "content": "Hello?", "parentId": parent});
    let absent = json!({"id": PromptId::new()});
    let lost = ada.post(COMMENTS, body(&absent, json!(null))).await;
    lost.expect_problem(404, "PROMPT_NOT_FOUND");
    let orphan = ada.post(COMMENTS, body(&prompt, json!(CommentId::new()))).await;
    orphan.expect_problem(404, "COMMENT_NOT_FOUND");
    anonymous.get(&on(&absent)).await.expect_problem(404, "PROMPT_NOT_FOUND");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_busy_prompt_is_read_page_by_page_and_a_busy_thread_too(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    let busy = comment(&ada, &prompt, "What do you think?", None).await;
    for i in 0..23 {
        comment(&ada, &prompt, &format!("Reply {i}"), Some(&busy)).await;
    }
    for i in 0..4 {
        comment(&ada, &prompt, &format!("Comment {i}"), None).await;
    }
    let contents = |page: &Value| -> Vec<String> {
        let comments = page["content"].as_array().unwrap().iter();
        comments.map(|comment| comment["content"].as_str().unwrap().to_owned()).collect()
    };
    let first = ada.get(&format!("{}?size=3", on(&prompt))).await.expect(200);
    assert_eq!((&first["totalElements"], &first["totalPages"]), (&json!(5), &json!(2)));
    assert_eq!(contents(&first), ["Comment 3", "Comment 2", "Comment 1"]);
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = ada.get(&format!("{}?size=3&cursor={cursor}", on(&prompt))).await.expect(200);
    assert_eq!(contents(&second), ["Comment 0", "What do you think?"]);
    assert_eq!((&second["last"], &second["totalElements"]), (&json!(true), &json!(null)));
    let thread = &second["content"][1];
    assert_eq!(thread["repliesCount"], 23);
    assert_eq!(thread["replies"].as_array().unwrap().len(), 20);
    assert_eq!(thread["replies"][0]["content"], "Reply 0", "oldest first");

    let replies = format!("{}/replies", on(&busy));
    let start = ada.get(&format!("{replies}?size=20")).await.expect(200);
    assert_eq!((&start["totalElements"], &contents(&start)[19]), (&json!(23), &"Reply 19".into()));
    let cursor = start["nextCursor"].as_str().unwrap();
    let rest = ada.get(&format!("{replies}?size=20&cursor={cursor}")).await.expect(200);
    assert_eq!(contents(&rest), ["Reply 20", "Reply 21", "Reply 22"]);
    let by_number = ada.get(&format!("{replies}?size=20&page=1")).await.expect(200);
    assert_eq!(contents(&by_number), contents(&rest));
    let absent = format!("{COMMENTS}/{}/replies", CommentId::new());
    ada.get(&absent).await.expect_problem(404, "COMMENT_NOT_FOUND");
    ada.get(&format!("{replies}?size=0")).await.expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn comments_on_a_private_prompt_are_hidden_with_it(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let hidden = create(&ada, private(reviewer())).await;
    let note = on(&comment(&ada, &hidden, "A note to self.", None).await);
    eve.get(&on(&hidden)).await.expect_problem(404, "PROMPT_NOT_FOUND");
    let body = json!({"promptId": hidden["id"], "content": "Hello?"});
    eve.post(COMMENTS, body).await.expect_problem(404, "PROMPT_NOT_FOUND");
    eve.put(&note, json!({"content": "x"})).await.expect_problem(404, "COMMENT_NOT_FOUND");
    eve.delete(&note).await.expect_problem(404, "COMMENT_NOT_FOUND");
    for way in ["like", "replies"] {
        let method = if way == "like" { Method::POST } else { Method::GET };
        let answer = eve.try_call(method, &format!("{note}/{way}"), None::<&()>).await.unwrap();
        answer.expect_problem(404, "COMMENT_NOT_FOUND");
    }
    eve.delete(&format!("{note}/like")).await.expect_problem(404, "COMMENT_NOT_FOUND");
    ada.get(&format!("{note}/replies")).await.expect(200);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_comment_is_liked_once_by_each(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let prompt = create(&ada, reviewer()).await;
    let like = format!("{}/like", on(&comment(&ada, &prompt, "Like me.", None).await));
    let seen = async |client: &Client| {
        let page = client.get(&on(&prompt)).await.expect(200);
        (page["content"][0]["likesCount"].clone(), page["content"][0]["userHasLiked"].clone())
    };
    fixture
        .app
        .anonymous()
        .post(&like, json!({}))
        .await
        .expect_problem(401, "AUTHENTICATION_REQUIRED");
    assert_eq!(eve.post(&like, json!({})).await.expect(201), json!({"hasLiked": true}));
    assert_eq!(eve.post(&like, json!({})).await.expect(200), json!({"hasLiked": true}));
    assert_eq!(seen(&eve).await, (json!(1), json!(true)));
    assert_eq!(seen(&ada).await, (json!(1), json!(false)));
    // The author may like their own comment.
    ada.post(&like, json!({})).await.expect(201);
    assert_eq!(seen(&ada).await, (json!(2), json!(true)));
    for _ in 0..2 {
        assert_eq!(eve.delete(&like).await.expect(200), json!({"hasLiked": false}));
    }
    assert_eq!(seen(&eve).await, (json!(1), json!(false)));
    let absent = format!("{COMMENTS}/{}/like", CommentId::new());
    eve.post(&absent, json!({})).await.expect_problem(404, "COMMENT_NOT_FOUND");
    eve.delete(&absent).await.expect_problem(404, "COMMENT_NOT_FOUND");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn names_come_from_the_user_service(pool: PgPool) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let look_up = async |Json(body): Json<LookUpUsersRequest>| {
        let names = |id| UserNames {
            id,
            username: "ada".to_owned(),
            first_name: Some("Ada".to_owned()),
            last_name: Some("Lovelace".to_owned()),
        };
        Json(LookUpUsersResponse { users: body.ids.into_iter().map(names).collect() })
    };
    let users = Router::new().route(LookUpUsers::PATH, post(look_up));
    tokio::spawn(async move { axum::serve(listener, users).await });

    let fixture = start_with(&pool, &mongo_uri(&pool), &url).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    assert_eq!(prompt["authorName"], "Ada Lovelace");
    let said = comment(&ada, &prompt, "It is me.", None).await;
    assert_eq!(said["user"]["firstName"], "Ada");
    assert_eq!(said["user"]["lastName"], "Lovelace");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn an_account_that_is_gone_is_not_asked_for_each_time(pool: PgPool) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (asked, mut questions) = tokio::sync::mpsc::unbounded_channel();
    let look_up = async move |Json(body): Json<LookUpUsersRequest>| {
        asked.send(body.ids).unwrap();
        Json(LookUpUsersResponse { users: Vec::new() })
    };
    let users = Router::new().route(LookUpUsers::PATH, post(look_up));
    tokio::spawn(async move { axum::serve(listener, users).await });

    let fixture = start_with(&pool, &mongo_uri(&pool), &url).await;
    let gone = user("gone");
    let client = fixture.app.anonymous().forwarded_for(&gone);
    for _ in 0..2 {
        create(&client, reviewer()).await;
    }
    assert_eq!(questions.recv().await, Some(vec![gone.id]));
    assert!(questions.try_recv().is_err(), "asked twice");
}
