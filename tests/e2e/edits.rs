//! Killing the prompt service between its two writes, the version's document in MongoDB and the
//! commit in Postgres: a change that was not committed is never seen.

use std::time::Duration;

use http::Method;
use mongodb::{
    Client as MongoClient, Collection,
    bson::{Document, doc},
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::{Client, eventually, user};

use crate::{fleet::Fleet, people::prompt};

async fn documents(fleet: &Fleet) -> Collection<Document> {
    let client = MongoClient::with_uri_str(fleet.mongo_uri()).await.unwrap();
    client.default_database().unwrap().collection("prompt_versions")
}

/// Sends a request that Postgres keeps waiting, at a statement after the write of the document with
/// this title, and kills the service while it waits.
async fn kill_between_the_writes(
    fleet: &Fleet,
    hold: String,
    request: (Client, Method, String, Value),
    title: &str,
) {
    let mut blocker = fleet.database("prompt").await;
    let mut held = blocker.begin().await.unwrap();
    sqlx::query(AssertSqlSafe(hold)).execute(&mut *held).await.unwrap();
    let call = tokio::spawn(async move {
        let (client, method, path, body) = request;
        client.try_call(method, &path, Some(&body)).await
    });
    let documents = documents(fleet).await;
    eventually("the document to be written", || async {
        documents.find_one(doc! { "title": title }).await.unwrap()
    })
    .await;
    fleet.kill("prompt");
    assert!(call.await.unwrap().is_err(), "nobody was told that it worked");
    held.rollback().await.unwrap();
    fleet.spawn("prompt");
    fleet.ready("prompt").await;
}

/// Waits until Postgres has ended the transactions of the killed process, and returns a connection.
async fn settled(fleet: &Fleet) -> PgConnection {
    let mut database = fleet.database("prompt").await;
    // The new process holds no transaction open while it gets no requests.
    let open = "select count(*) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()
                  and state in ('active', 'idle in transaction')
                  and xact_start < now() - interval '200 ms'";
    while sqlx::query_scalar::<_, i64>(open).fetch_one(&mut database).await.unwrap() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_was_killed_half_way_never_was() {
    let fleet = Fleet::start_only("prompt").await;
    let ada = fleet.direct("prompt").forwarded_for(&user("ada"));
    let created = ada.post("/prompts", prompt("As it was")).await.expect(201);
    let id = created["id"].as_str().unwrap();
    let path = format!("/prompts/{id}");

    // An edit writes the document, then the row, then the counters.
    let hold = format!("select from prompt_counters where prompt_id = '{id}' for update");
    let edit = (ada.clone(), Method::PUT, path.clone(), json!({"title": "Never committed"}));
    kill_between_the_writes(&fleet, hold, edit, "Never committed").await;
    settled(&fleet).await;

    let now = ada.get(&path).await.expect(200);
    assert_eq!((&now["title"], &now["version"]), (&json!("As it was"), &json!(1)));
    ada.get(&format!("{path}/versions/2")).await.expect_problem(404, "VERSION_NOT_FOUND");
    ada.get(&format!("{path}?version=2")).await.expect_problem(404, "VERSION_NOT_FOUND");
    let page = ada.get(&format!("{path}/versions")).await.expect(200);
    assert_eq!((&page["totalElements"], &page["content"][0]["version"]), (&json!(1), &json!(1)));
    assert_eq!(documents(&fleet).await.count_documents(doc! {}).await.unwrap(), 2, "an orphan");

    // The next edit takes the same number, and the orphan's place.
    let again = ada.put(&path, json!({"title": "Committed"})).await.expect(200);
    assert_eq!(again["version"], 2);
    ada.put(&path, json!({"title": "And on"})).await.expect(200);
    for (version, title) in [(1, "As it was"), (2, "Committed"), (3, "And on")] {
        let one = ada.get(&format!("{path}/versions/{version}")).await.expect(200);
        assert_eq!(one["title"], title);
    }
    assert_eq!(documents(&fleet).await.count_documents(doc! {}).await.unwrap(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_that_was_killed_half_way_never_was() {
    let fleet = Fleet::start_only("prompt").await;
    let ada = fleet.direct("prompt").forwarded_for(&user("ada"));
    let hold = "lock table prompts in share mode".to_owned();
    let create = (ada.clone(), Method::POST, "/prompts".to_owned(), prompt("Never committed"));
    kill_between_the_writes(&fleet, hold, create, "Never committed").await;
    let mut database = settled(&fleet).await;

    let mine = ada.get("/prompts/my-prompts").await.expect(200);
    assert_eq!(mine["totalElements"], 0);
    let orphan = documents(&fleet).await.find_one(doc! {}).await.unwrap().unwrap();
    let path = format!("/prompts/{}", orphan.get_str("promptId").unwrap());
    ada.get(&path).await.expect_problem(404, "PROMPT_NOT_FOUND");
    ada.get(&format!("{path}/versions/1")).await.expect_problem(404, "PROMPT_NOT_FOUND");
    let announced: i64 =
        sqlx::query_scalar("select count(*) from outbox").fetch_one(&mut database).await.unwrap();
    assert_eq!(announced, 0, "nobody hears of it");
    ada.post("/prompts", prompt("Committed")).await.expect(201);
}
