//! The sweep of versions: the documents that it removes, and those that it must keep.

use std::{
    collections::BTreeSet,
    sync::Mutex,
    time::{Duration, SystemTime},
};

use ids::PromptId;
use mongodb::{
    Collection,
    bson::{DateTime, Document, doc},
};
use serde_json::json;
use sqlx::PgPool;
use testkit::{eventually, user};

use crate::support::{create, path, reviewer, start};

/// Returns a time before that of any document that could still become a version.
fn long_ago() -> DateTime {
    DateTime::from_system_time(SystemTime::now() - Duration::from_secs(3 * 24 * 3600))
}

/// Makes a document as the service does.
fn document(prompt: &str, version: i32, created_at: DateTime) -> Document {
    doc! {
        "_id": format!("{prompt}:{version}"), "promptId": prompt, "version": version,
        "title": "Left over", "content": "Nobody has this.", "description": null,
        "category": "None", "tags": [], "model": null, "userId": PromptId::new().to_string(),
        "username": "nobody", "changeLog": null, "createdAt": created_at,
    }
}

async fn ids(documents: &Collection<Document>) -> Vec<String> {
    let mut found = documents.find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap();
    let mut ids = Vec::new();
    while found.advance().await.unwrap() {
        ids.push(found.current().get_str("_id").unwrap().to_owned());
    }
    ids
}

/// Makes the sweep due at once, until `done`.
async fn sweep_until(pool: &PgPool, what: &str, done: impl AsyncFn() -> bool) {
    eventually(what, || async {
        sqlx::query("update version_sweep set due_at = now()").execute(pool).await.unwrap();
        done().await.then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn what_no_prompt_has_is_removed_and_nothing_else(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&client, reviewer()).await;
    client.put(&path(&prompt), json!({"title": "Second"})).await.expect(200);
    let id = prompt["id"].as_str().unwrap();
    let documents = fixture.versions().await;
    // A version may be old.
    for version in 1..=2 {
        let name = doc! { "_id": format!("{id}:{version}") };
        let mut old = documents.find_one(name.clone()).await.unwrap().unwrap();
        old.insert("createdAt", long_ago());
        documents.replace_one(name, old).await.unwrap();
    }

    let (gone, coming) = (PromptId::new().to_string(), PromptId::new().to_string());
    let left_by_a_crash = document(id, 3, long_ago());
    let perhaps_an_edit_under_way = document(id, 4, DateTime::now());
    let left_by_a_deletion = [1, 2].map(|version| document(&gone, version, long_ago()));
    let perhaps_a_prompt_to_be = document(&coming, 1, DateTime::now());
    let mut somebody_elses = document(&gone, 7, long_ago());
    somebody_elses.insert("_id", "not one of ours");
    somebody_elses.insert("promptId", "nor this");
    documents.insert_one(left_by_a_crash).await.unwrap();
    documents.insert_one(perhaps_an_edit_under_way).await.unwrap();
    documents.insert_many(left_by_a_deletion).await.unwrap();
    documents.insert_one(perhaps_a_prompt_to_be).await.unwrap();
    documents.insert_one(somebody_elses).await.unwrap();
    // The last in order of id: once it is gone, the sweep has passed all documents.
    let last = PromptId("ffffffff-ffff-7fff-bfff-ffffffffffff".parse().unwrap()).to_string();
    documents.insert_one(document(&last, 1, long_ago())).await.unwrap();

    sweep_until(&pool, "the last orphan to go", async || {
        documents.find_one(doc! { "promptId": &last }).await.unwrap().is_none()
    })
    .await;
    let mut expected =
        [format!("{id}:1"), format!("{id}:2"), format!("{id}:4"), format!("{coming}:1")];
    expected.sort();
    let left = ids(&documents).await;
    assert_eq!(left[..4], expected);
    assert_eq!(left[4..], ["not one of ours"]);
    client
        .get(&format!("{}/versions/3", path(&prompt)))
        .await
        .expect_problem(404, "VERSION_NOT_FOUND");
    let third = client.put(&path(&prompt), json!({"title": "Third"})).await.expect(200);
    assert_eq!(third["version"], 3);
    for version in 1..=3 {
        client.get(&format!("{}/versions/{version}", path(&prompt))).await.expect(200);
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn many_documents_are_walked_over_a_few_at_a_time(pool: PgPool) {
    let fixture = start(&pool).await;
    let documents = fixture.versions().await;
    let come_to = async || -> String {
        sqlx::query_scalar("select after_id from version_sweep").fetch_one(&pool).await.unwrap()
    };
    let orphans: Vec<_> =
        (0..2500).map(|_| document(&PromptId::new().to_string(), 1, long_ago())).collect();
    documents.insert_many(orphans).await.unwrap();
    let places = Mutex::new(BTreeSet::new());
    eventually("every orphan to go", || async {
        let place = come_to().await;
        places.lock().unwrap().insert(place);
        sqlx::query("update version_sweep set due_at = now()").execute(&pool).await.unwrap();
        (documents.count_documents(doc! {}).await.unwrap() == 0).then_some(())
    })
    .await;
    let places = places.into_inner().unwrap();
    assert!(places.len() > 1, "it remembers where it has come to: {places:?}");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_versions_are_claimed_for_this_database(pool: PgPool) {
    let fixture = start(&pool).await;
    let store: String = sqlx::query_scalar("select store_id::text from version_sweep")
        .fetch_one(&pool)
        .await
        .unwrap();
    let owner = fixture.collection("prompt_versions_owner").await;
    sweep_until(&pool, "the claim", async || {
        let claim = owner.find_one(doc! { "_id": "prompt_versions" }).await.unwrap();
        claim.is_some_and(|claim| claim.get_str("postgres").unwrap() == store)
    })
    .await;
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn versions_of_another_database_are_left_alone(pool: PgPool) {
    let fixture = start(&pool).await;
    let due_after = async |pause: &str| {
        eventually("the next turn to be due later", || async {
            let due = sqlx::query_scalar("select due_at > now() + $1::interval from version_sweep");
            let later: bool = due.bind(pause).fetch_one(&pool).await.unwrap();
            later.then_some(())
        })
        .await;
    };
    // The first pass, which claims the versions and finds none, has ended.
    due_after("30 minutes").await;
    let owner = fixture.collection("prompt_versions_owner").await;
    let name = doc! { "_id": "prompt_versions" };
    let another = doc! { "_id": "prompt_versions", "postgres": PromptId::new().to_string() };
    owner.replace_one(name, another).await.unwrap();
    let documents = fixture.versions().await;
    let theirs = document(&PromptId::new().to_string(), 1, long_ago());
    documents.insert_one(theirs).await.unwrap();
    // The instance that claims the second batch has finished the first.
    for _ in 0..2 {
        sqlx::query("update version_sweep set due_at = now()").execute(&pool).await.unwrap();
        due_after("0 seconds").await;
    }
    assert_eq!(documents.count_documents(doc! {}).await.unwrap(), 1);
}
