//! The texts of deleted users.

use ids::UserId;
use mongodb::bson::doc;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Client, user};

use crate::support::{admin, create, path, private, reviewer, start};

async fn forget(client: &Client, id: UserId) {
    let answer = client.internal().delete(&format!("/internal/users/{id}")).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
}

fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap()
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn what_others_may_read_stays_without_a_name_and_the_rest_goes(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let (ada, eve) = (user("ada"), user("eve"));
    let (ada_client, eve_client) = (anonymous.forwarded_for(&ada), anonymous.forwarded_for(&eve));
    let public = create(&ada_client, reviewer()).await;
    ada_client.put(&path(&public), json!({"title": "Second"})).await.expect(200);
    let others = create(&eve_client, reviewer()).await;
    let hidden = create(&ada_client, private(reviewer())).await;
    let mut draft = reviewer();
    draft["status"] = json!("DRAFT");
    let draft = create(&ada_client, draft).await;
    let fork = json!({"visibility": "PRIVATE"});
    let fork = ada_client.post(&format!("{}/fork", path(&others)), fork).await.expect(201);
    let about = json!({"promptId": others["id"]});
    ada_client.post("/api/social/likes", &about).await.expect(201);
    let mut rating = about.clone();
    rating["rating"] = json!(4);
    rating["review"] = json!("Good.");
    ada_client.post("/api/social/ratings", rating).await.expect(201);
    let mut comment = about.clone();
    comment["content"] = json!("Nice.");
    ada_client.post("/api/social/comments", &comment).await.expect(201);
    eve_client.post("/api/social/comments", &comment).await.expect(201);

    for _ in 0..2 {
        forget(&anonymous, ada.id).await;
    }
    let root = anonymous.forwarded_for(&admin("root"));
    let versions = fixture.versions().await;
    for gone in [&hidden, &draft, &fork] {
        root.get(&path(gone)).await.expect_problem(404, "PROMPT_NOT_FOUND");
        assert_eq!(versions.count_documents(doc! {"promptId": id(gone)}).await.unwrap(), 0);
    }
    let stays = anonymous.get(&path(&public)).await.expect(200);
    for name in ["username", "authorUsername", "authorName"] {
        assert_eq!(stays[name], "deleted-user");
    }
    assert_eq!(stays["title"], "Second");
    let page = anonymous.get(&format!("{}/versions", path(&public))).await.expect(200);
    for version in page["content"].as_array().unwrap() {
        assert_eq!(version["username"], "deleted-user");
    }
    assert_eq!(page["totalElements"], 2);

    let other = anonymous.get(&path(&others)).await.expect(200);
    assert_eq!(other["username"], "eve");
    let counted = ["likesCount", "ratingsCount", "commentsCount", "forksCount"];
    assert_eq!(counted.map(|count| other[count].as_i64().unwrap()), [1, 1, 2, 0]);
    let ratings = anonymous.get(&format!("/api/social/ratings/{}/all", id(&others))).await;
    let ratings = ratings.expect(200);
    assert_eq!(ratings["content"][0]["username"], "deleted-user");
    assert_eq!(ratings["content"][0]["review"], "Good.");
    let comments = anonymous.get(&format!("/api/social/comments/{}", id(&others))).await;
    let comments = comments.expect(200);
    let names: Vec<_> = comments["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|comment| comment["user"]["username"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["eve", "deleted-user"]);
    let version = anonymous.get(&format!("{}/versions/1", path(&others))).await.expect(200);
    assert_eq!(version["username"], "eve");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_great_many_versions_are_renamed_too(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let client = fixture.app.anonymous().forwarded_for(&ada);
    let prompt = create(&client, reviewer()).await;
    let versions = fixture.versions().await;
    let first = versions.find_one(doc! {}).await.unwrap().unwrap();
    let more = (2..1200).map(|version| {
        let mut copy = first.clone();
        copy.insert("_id", format!("{}:{version}", id(&prompt)));
        copy.insert("version", version);
        copy
    });
    versions.insert_many(more).await.unwrap();
    forget(&fixture.app.anonymous(), ada.id).await;
    let named = doc! {"userId": ada.id.to_string(), "username": {"$ne": "deleted-user"}};
    assert_eq!(versions.count_documents(named).await.unwrap(), 0);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn only_another_service_says_that_someone_is_gone(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let anonymous = fixture.app.anonymous();
    let prompt = create(&anonymous.forwarded_for(&ada), private(reviewer())).await;
    let path_of_ada = format!("/internal/users/{}", ada.id);
    anonymous.delete(&path_of_ada).await.expect_problem(404, "ROUTE_NOT_FOUND");
    anonymous.forwarded_for(&ada).get(&path(&prompt)).await.expect(200);
    let nonsense = anonymous.internal().delete("/internal/users/x").await;
    nonsense.expect_problem(400, "VALIDATION_FAILED");
    forget(&anonymous, UserId::new()).await;
}
