use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use testkit::{Client, user};

use crate::support::{create, path, private, reviewer, start};

async fn titled(client: &Client, title: &str) -> Value {
    let mut body = reviewer();
    body["title"] = json!(title);
    create(client, body).await
}

fn titles(page: &Value) -> Vec<&str> {
    page["content"].as_array().unwrap().iter().map(|p| p["title"].as_str().unwrap()).collect()
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_public_list_has_only_public_prompts_and_ones_own_list_all(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    create(&ada, reviewer()).await;
    let hidden = create(&ada, private(reviewer())).await;
    let unlisted = create(&ada, reviewer()).await;
    ada.put(&path(&unlisted), json!({"visibility": "UNLISTED"})).await.expect(200);

    let page = anonymous.get("/prompts/public").await.expect(200);
    assert_eq!(page["totalElements"], 1);
    assert_eq!(
        (&page["first"], &page["last"], &page["totalPages"]),
        (&json!(true), &json!(true), &json!(1))
    );
    let own = ada.get("/prompts/my-prompts").await.expect(200);
    assert_eq!(own["totalElements"], 3);
    assert_eq!(own["content"][0]["id"], unlisted["id"], "newest first");
    assert_eq!(own["content"][1]["id"], hidden["id"]);
    anonymous.get("/prompts/my-prompts").await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let eve = anonymous.forwarded_for(&user("eve"));
    assert_eq!(eve.get("/prompts/my-prompts").await.expect(200)["totalElements"], 0);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn every_sort_can_be_paged_by_cursor_without_loss_or_repeat(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let mut prompts = Vec::new();
    for title in ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"] {
        prompts.push(titled(&ada, title).await);
    }
    // Two share a place in the likes and the ratings, so that the id must decide.
    for prompt in &prompts[..2] {
        ada.post("/api/social/likes", json!({"promptId": prompt["id"]})).await.expect(201);
        ada.post("/api/social/ratings", json!({"promptId": prompt["id"], "rating": 4}))
            .await
            .expect(201);
    }
    for sort in ["createdAt", "viewsCount", "likesCount", "averageRating", "title"] {
        for direction in ["asc", "desc"] {
            let list = format!("/prompts/public?sortBy={sort}&sortDir={direction}");
            let whole = ada.get(&list).await.expect(200);
            let mut paged = Vec::new();
            let mut next = ada.get(&format!("{list}&size=2")).await.expect(200);
            assert_eq!(next["totalPages"], 3);
            loop {
                paged.extend(titles(&next).into_iter().map(str::to_owned));
                let Some(cursor) = next["nextCursor"].as_str() else { break };
                next = ada.get(&format!("{list}&size=2&cursor={cursor}")).await.expect(200);
                assert!(next.get("totalElements").is_none());
            }
            assert_eq!(paged, titles(&whole), "{sort} {direction}");
            assert_eq!(paged.len(), 5);
        }
    }
    let by_title = ada.get("/prompts/public?sortBy=title&sortDir=asc").await.expect(200);
    assert_eq!(titles(&by_title), ["Alpha", "Beta", "Delta", "Epsilon", "Gamma"]);
    let by_likes = ada.get("/prompts/public?sortBy=likesCount").await.expect(200);
    assert_eq!(by_likes["content"][0]["userHasLiked"], true);
    assert_eq!(by_likes["content"][4]["userHasLiked"], false);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn bad_paging_is_named(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let client = fixture.app.anonymous();
    let problem =
        client.get("/prompts/public?sortBy=price").await.expect_problem(400, "VALIDATION_FAILED");
    let text = problem["errors"]["sortBy"][0].as_str().unwrap();
    for allowed in ["createdAt", "viewsCount", "likesCount", "averageRating", "title"] {
        assert!(text.contains(allowed), "{text}");
    }
    for bad in ["size=0", "size=101", "page=-1", "page=x", "cursor=nonsense", "sortDir=sideways"] {
        let field = bad.split('=').next().unwrap();
        let problem = client
            .get(&format!("/prompts/public?{bad}"))
            .await
            .expect_problem(400, "VALIDATION_FAILED");
        assert!(problem["errors"][field].is_array(), "{bad}: {problem}");
    }
    let problem = client
        .get("/prompts/public?size=0&sortBy=price")
        .await
        .expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(testkit::Answer::bad_fields(&problem), ["size", "sortBy"]);
    // A cursor of one sort is no place in another.
    let ada = client.forwarded_for(&user("ada"));
    titled(&ada, "One").await;
    titled(&ada, "Two").await;
    let page = client.get("/prompts/public?size=1&sortBy=title").await.expect(200);
    let cursor = page["nextCursor"].as_str().unwrap();
    client
        .get(&format!("/prompts/public?sortBy=likesCount&cursor={cursor}"))
        .await
        .expect_problem(400, "VALIDATION_FAILED");
}
