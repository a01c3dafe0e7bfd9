//! Versions: listed, read, restored.

use mongodb::bson::doc;
use serde_json::json;
use sqlx::PgPool;
use testkit::user;

use crate::support::{admin, assert_snapshot, create, path, private, reviewer, start};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn versions_are_listed_newest_first_and_read_one_by_one(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let client = fixture.app.anonymous().forwarded_for(&ada);
    let mut body = reviewer();
    body["changeLog"] = json!("First draft");
    let prompt = path(&create(&client, body).await);
    for i in 2..=5 {
        let change = json!({"title": format!("Title {i}"), "changeLog": format!("Change {i}")});
        client.put(&prompt, change).await.expect(200);
    }
    let page = client.get(&format!("{prompt}/versions?size=2")).await.expect(200);
    assert_snapshot("version_page", &page);
    let cursor = page["nextCursor"].as_str().unwrap();
    let next = client.get(&format!("{prompt}/versions?size=2&cursor={cursor}")).await.expect(200);
    assert_eq!(next["content"][0]["version"], 3);
    let last = client.get(&format!("{prompt}/versions?size=2&page=2")).await.expect(200);
    assert_eq!((&last["content"][0]["version"], &last["last"]), (&json!(1), &json!(true)));

    let first = client.get(&format!("{prompt}/versions/1")).await.expect(200);
    assert_eq!(first["userId"], ada.id.to_string());
    assert_snapshot("version", &first);
    for absent in ["0", "6", "-1"] {
        client
            .get(&format!("{prompt}/versions/{absent}"))
            .await
            .expect_problem(404, "VERSION_NOT_FOUND");
    }
    client.get(&format!("{prompt}/versions/x")).await.expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn versions_of_a_private_prompt_are_its_authors(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let prompt = path(&create(&anonymous.forwarded_for(&user("ada")), private(reviewer())).await);
    for reader in [anonymous.clone(), anonymous.forwarded_for(&user("eve"))] {
        for what in ["versions", "versions/1"] {
            reader.get(&format!("{prompt}/{what}")).await.expect_problem(404, "PROMPT_NOT_FOUND");
        }
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_document_left_by_a_crash_is_never_served_and_gives_way_to_the_next_edit(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().forwarded_for(&user("ada"));
    let created = create(&client, reviewer()).await;
    let (prompt, id) = (path(&created), created["id"].as_str().unwrap());
    let versions = fixture.versions().await;
    // As a kill between the MongoDB write and the Postgres commit leaves it.
    let mut orphan = versions.find_one(doc! {"_id": format!("{id}:1")}).await.unwrap().unwrap();
    orphan.insert("_id", format!("{id}:2"));
    orphan.insert("version", 2);
    orphan.insert("title", "Never committed");
    versions.insert_one(orphan).await.unwrap();

    client.get(&format!("{prompt}/versions/2")).await.expect_problem(404, "VERSION_NOT_FOUND");
    let page = client.get(&format!("{prompt}/versions")).await.expect(200);
    assert_eq!(page["content"].as_array().unwrap().len(), 1);

    client.put(&prompt, json!({"title": "Committed"})).await.expect(200);
    let second = client.get(&format!("{prompt}/versions/2")).await.expect(200);
    assert_eq!(second["title"], "Committed");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_deleted_prompt_leaves_no_documents(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&client, reviewer()).await;
    client.put(&path(&prompt), json!({"title": "Another"})).await.expect(200);
    let versions = fixture.versions().await;
    let mine = doc! {"promptId": prompt["id"].as_str().unwrap()};
    assert_eq!(versions.count_documents(mine.clone()).await.unwrap(), 2);
    assert_eq!(client.delete(&path(&prompt)).await.status, 204);
    assert_eq!(versions.count_documents(mine).await.unwrap(), 0);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_restored_version_is_the_next_one(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = path(&create(&client, reviewer()).await);
    let change = json!({
        "title": "Another", "content": "Something else entirely.", "description": "New",
        "category": "Other", "tags": [], "model": "gpt-4o",
    });
    client.put(&prompt, change).await.expect(200);

    let answer = client.post(&format!("{prompt}/versions/1/restore"), json!({})).await;
    assert_eq!(answer.headers["location"], format!("{prompt}/versions/3"));
    assert_eq!(answer.headers["etag"], "\"3\"");
    let restored = answer.expect(201);
    assert_eq!(restored["version"], 3);
    let first = client.get(&format!("{prompt}/versions/1")).await.expect(200);
    let third = client.get(&format!("{prompt}/versions/3")).await.expect(200);
    for field in ["title", "content", "description", "category", "tags", "model"] {
        assert_eq!(third[field], first[field], "{field}");
        assert_eq!(restored[field], first[field], "{field}");
    }
    assert_eq!(third["changeLog"], "Restored version 1");

    // The prompt equals that version already.
    for same in [1, 3] {
        let answer = client.post(&format!("{prompt}/versions/{same}/restore"), json!({})).await;
        assert_eq!(answer.headers["etag"], "\"3\"");
        assert_eq!(answer.expect(200)["version"], 3);
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn only_the_author_restores_a_version(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let root = anonymous.forwarded_for(&admin("root"));
    let public = path(&create(&ada, reviewer()).await);
    let hidden = path(&create(&ada, private(reviewer())).await);
    ada.put(&public, json!({"title": "Second"})).await.expect(200);
    let restore = |prompt: &str, version: &str| format!("{prompt}/versions/{version}/restore");
    let first = restore(&public, "1");
    anonymous.post(&first, json!({})).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    eve.post(&first, json!({})).await.expect_problem(403, "FORBIDDEN");
    root.post(&first, json!({})).await.expect_problem(403, "FORBIDDEN");
    let unseen = eve.post(&restore(&hidden, "1"), json!({})).await;
    unseen.expect_problem(404, "PROMPT_NOT_FOUND");
    for absent in ["0", "3", "-1"] {
        let answer = ada.post(&restore(&public, absent), json!({})).await;
        answer.expect_problem(404, "VERSION_NOT_FOUND");
    }
    let nonsense = ada.post(&restore(&public, "x"), json!({})).await;
    nonsense.expect_problem(400, "VALIDATION_FAILED");
    let stale = ada.with_header("if-match", "\"1\"").post(&first, json!({})).await;
    stale.expect_problem(412, "PROMPT_CHANGED");
    assert_eq!(ada.get(&public).await.expect(200)["version"], 2, "nobody restored anything");
    ada.with_header("if-match", "\"2\"").post(&first, json!({})).await.expect(201);
}
