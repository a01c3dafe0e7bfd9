//! Forks: where they come from, and what they may be of.

use http::Method;
use ids::PromptId;
use mongodb::bson::doc;
use serde_json::{Value, json};
use sqlx::postgres::PgPool;
use testkit::{Answer, Client, consume, user};

use crate::support::{admin, create, license, make_premium, path, private, reviewer, start};

async fn fork(client: &Client, prompt: &Value, body: Value) -> Answer {
    client.post(&format!("{}/fork", path(prompt)), body).await
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_fork_is_a_prompt_of_ones_own_that_says_where_it_is_from(pool: PgPool) {
    let fixture = start(&pool).await;
    let reader = user("eve");
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&reader);
    let origin = create(&ada, reviewer()).await;
    ada.put(&path(&origin), json!({"content": "The second text."})).await.expect(200);

    let answer = fork(&eve, &origin, json!({})).await;
    assert_eq!(answer.headers["etag"], "\"1\"");
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let copy = answer.expect(201);
    assert_eq!(location, path(&copy));
    assert_ne!(copy["id"], origin["id"]);
    assert_eq!((&copy["userId"], &copy["username"]), (&json!(reader.id), &json!("eve")));
    assert_eq!((&copy["version"], &copy["content"]), (&json!(1), &json!("The second text.")));
    for field in ["title", "category", "tags", "visibility"] {
        assert_eq!(copy[field], origin[field], "{field}");
    }
    assert_eq!(copy["forkedFrom"], json!({"promptId": origin["id"], "version": 2}));
    assert_eq!((&copy["likesCount"], &copy["forksCount"]), (&json!(0), &json!(0)));
    assert_eq!(ada.get(&path(&origin)).await.expect(200)["forksCount"], 1);
    let first = eve.get(&format!("{location}/versions/1")).await.expect(200);
    assert_eq!(first["content"], "The second text.");
    assert_eq!(first["changeLog"], "Forked from version 2", "without a copy of the title");
    let events = consume(fixture.broker.address(), "prompt.created", 2).await;
    let announced = events.iter().find(|(key, _)| *key == copy["id"].as_str().unwrap());
    assert_eq!(announced.unwrap().1["userId"], json!(reader.id));

    // Edits of one do not change the other.
    eve.put(&location, json!({"title": "Mine"})).await.expect(200);
    assert_eq!(ada.get(&path(&origin)).await.expect(200)["title"], "Code reviewer");
    // The origin stays named when it is gone.
    assert_eq!(ada.delete(&path(&origin)).await.status, 204);
    let orphan = eve.get(&location).await.expect(200);
    assert_eq!(orphan["forkedFrom"], copy["forkedFrom"]);
    assert_eq!(eve.delete(&location).await.status, 204);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_fork_may_be_of_any_version_and_have_a_title_and_a_visibility_of_its_own(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let origin = create(&ada, reviewer()).await;
    ada.put(&path(&origin), json!({"title": "Second"})).await.expect(200);
    ada.put(&format!("{}/labels/production", path(&origin)), json!({"version": 1}))
        .await
        .expect(200);
    for which in [json!({"version": 1}), json!({"label": "production"})] {
        let copy = fork(&eve, &origin, which).await.expect(201);
        assert_eq!(copy["title"], "Code reviewer");
        assert_eq!(copy["forkedFrom"]["version"], 1);
        assert_eq!(copy["labels"], json!(["latest"]), "labels are not copied");
    }
    let own = json!({"title": "  Mine  ", "visibility": "PRIVATE"});
    let copy = fork(&eve, &origin, own).await.expect(201);
    assert_eq!((&copy["title"], &copy["isPublic"]), (&json!("Mine"), &json!(false)));
    ada.get(&path(&copy)).await.expect_problem(404, "PROMPT_NOT_FOUND");
    // Without a body, and of one's own prompt.
    let answer = ada.try_call(Method::POST, &format!("{}/fork", path(&origin)), None::<&()>).await;
    assert_eq!(answer.unwrap().expect(201)["title"], "Second");
    assert_eq!(ada.get(&path(&origin)).await.expect(200)["forksCount"], 4);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn nothing_becomes_more_public_by_being_forked(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let hidden = create(&ada, private(reviewer())).await;
    assert_eq!(fork(&ada, &hidden, json!({})).await.expect(201)["visibility"], "PRIVATE");
    let mut draft = reviewer();
    draft["status"] = json!("DRAFT");
    let draft = create(&ada, draft).await;
    assert_eq!(fork(&ada, &draft, json!({})).await.expect(201)["status"], "DRAFT");
    let mut unlisted = reviewer();
    unlisted["visibility"] = json!("UNLISTED");
    let unlisted = create(&ada, unlisted).await;
    assert_eq!(fork(&eve, &unlisted, json!({})).await.expect(201)["visibility"], "UNLISTED");
    let mut archived = reviewer();
    archived["status"] = json!("ARCHIVED");
    let archived = create(&ada, archived).await;
    assert_eq!(fork(&eve, &archived, json!({})).await.expect(201)["status"], "PUBLISHED");

    for unseen in [&hidden, &draft] {
        fork(&eve, unseen, json!({})).await.expect_problem(404, "PROMPT_NOT_FOUND");
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_premium_prompt_is_forked_by_its_author_only(pool: PgPool) {
    let fixture = start(&pool).await;
    let holder = user("eve");
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&holder);
    let root = fixture.app.anonymous().forwarded_for(&admin("root"));
    let prompt = create(&ada, reviewer()).await;
    make_premium(&fixture, &prompt).await;
    fork(&eve, &prompt, json!({})).await.expect_problem(403, "LICENSE_REQUIRED");
    license(&fixture, &prompt, &holder, 1).await;
    for reader in [&eve, &root] {
        fork(reader, &prompt, json!({})).await.expect_problem(403, "PREMIUM_NOT_FORKABLE");
    }
    let copy = fork(&ada, &prompt, json!({})).await.expect(201);
    assert_eq!((&copy["visibility"], &copy["isPremium"]), (&json!("PRIVATE"), &json!(false)));
    assert_eq!(ada.get(&path(&prompt)).await.expect(200)["forksCount"], 1);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_fork_that_makes_no_sense_is_refused_and_leaves_nothing(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    fork(&anonymous, &prompt, json!({})).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let absent = json!({"id": PromptId::new()});
    fork(&ada, &absent, json!({})).await.expect_problem(404, "PROMPT_NOT_FOUND");
    for (body, status, code, fields) in [
        (json!({"version": 2}), 404, "VERSION_NOT_FOUND", vec![]),
        (json!({"label": "production"}), 404, "LABEL_NOT_FOUND", vec![]),
        (json!({"version": 1, "label": "latest"}), 400, "VALIDATION_FAILED", vec!["label"]),
        (
            json!({"title": " x ", "visibility": "SECRET", "version": 0}),
            400,
            "VALIDATION_FAILED",
            vec!["title", "version", "visibility"],
        ),
    ] {
        let problem = fork(&ada, &prompt, body).await.expect_problem(status, code);
        assert_eq!(Answer::bad_fields(&problem), fields);
    }
    let path = format!("{}/fork", path(&prompt));
    let text = ada.raw(Method::POST, &path, "text/plain", "hello").await;
    text.expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");
    let own = ada.get("/prompts/my-prompts").await.expect(200);
    assert_eq!((&own["totalElements"], &own["content"][0]["forksCount"]), (&json!(1), &json!(0)));
    assert_eq!(fixture.versions().await.count_documents(doc! {}).await.unwrap(), 1);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_count_of_forks_is_that_of_the_prompts_there_are(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let origin = create(&ada, reviewer()).await;
    let mut forks = Vec::new();
    for _ in 0..10 {
        forks.push(fork(&eve, &origin, json!({})).await.expect(201));
    }
    // Forks are created and deleted, and both prompts liked and read, all at once.
    let mut calls = Vec::new();
    for doomed in forks {
        for way in 0..4 {
            let (eve, ada, origin, doomed) =
                (eve.clone(), ada.clone(), origin.clone(), doomed.clone());
            calls.push(tokio::spawn(async move {
                let answer = match way {
                    0 => eve.delete(&path(&doomed)).await,
                    1 => fork(&eve, &origin, json!({})).await,
                    2 => {
                        let like = json!({"promptId": doomed["id"]});
                        ada.post("/api/social/likes", like).await
                    }
                    _ => ada.get(&path(&doomed)).await,
                };
                assert!(answer.status.as_u16() < 500, "{}", answer.text);
            }));
        }
    }
    for call in calls {
        call.await.unwrap();
    }
    let (counted, there): (i64, i64) = sqlx::query_as(
        "select c.forks_count, (select count(*) from prompts where forked_from_prompt_id = c.prompt_id)
         from prompt_counters c where c.prompt_id = $1::uuid",
    )
    .bind(origin["id"].as_str().unwrap())
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!((counted, there), (10, 10));
}
