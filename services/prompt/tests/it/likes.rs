//! Likes, also many at once.

use ids::PromptId;
use serde_json::json;
use sqlx::PgPool;
use testkit::user;

use crate::support::{assert_snapshot, create, private, reviewer, start};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_like_counts_once_and_can_be_taken_back(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let prompt = create(&ada, reviewer()).await;
    let id = prompt["id"].as_str().unwrap();
    let like = json!({"promptId": id});
    let (check, stats) =
        (format!("/api/social/likes/{id}/check"), format!("/api/social/stats/{id}"));

    let liked = eve.post("/api/social/likes", &like).await.expect(201);
    assert_snapshot("like", &liked);
    eve.post("/api/social/likes", &like).await.expect(200);
    assert_eq!(eve.get(&check).await.expect(200)["hasLiked"], true);
    assert_eq!(ada.get(&check).await.expect(200)["hasLiked"], false);
    assert_snapshot("social_stats", &ada.get(&stats).await.expect(200));
    // The author may like their own prompt.
    ada.post("/api/social/likes", &like).await.expect(201);
    assert_eq!(eve.get(&format!("/prompts/{id}")).await.expect(200)["userHasLiked"], true);
    let unlike = format!("/api/social/likes/{id}");
    for _ in 0..2 {
        assert_eq!(eve.delete(&unlike).await.expect(200)["hasLiked"], false);
    }
    assert_eq!(ada.get(&stats).await.expect(200)["likesCount"], 1);
    assert_eq!(eve.get(&check).await.expect(200)["hasLiked"], false);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn liking_needs_a_user_and_a_prompt_they_may_read(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let hidden = create(&ada, private(reviewer())).await;
    for id in [hidden["id"].as_str().unwrap().to_owned(), PromptId::new().to_string()] {
        let like = json!({"promptId": id});
        anonymous
            .post("/api/social/likes", &like)
            .await
            .expect_problem(401, "AUTHENTICATION_REQUIRED");
        eve.post("/api/social/likes", &like).await.expect_problem(404, "PROMPT_NOT_FOUND");
        let own = format!("/api/social/likes/{id}");
        anonymous.delete(&own).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
        eve.delete(&own).await.expect_problem(404, "PROMPT_NOT_FOUND");
        eve.get(&format!("{own}/check")).await.expect_problem(404, "PROMPT_NOT_FOUND");
        eve.get(&format!("/api/social/stats/{id}")).await.expect_problem(404, "PROMPT_NOT_FOUND");
    }
    let problem =
        eve.post("/api/social/likes", json!({})).await.expect_problem(400, "VALIDATION_FAILED");
    assert!(problem["errors"]["promptId"].is_array());
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn likes_at_once_are_counted_exactly(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    let like = json!({"promptId": prompt["id"]});
    let fans: Vec<_> = (0..30)
        // Each fan likes twice at once.
        .flat_map(|i| {
            let fan = fixture.app.anonymous().forwarded_for(&user(&format!("fan{i}")));
            [fan.clone(), fan]
        })
        .map(|fan| {
            let like = like.clone();
            tokio::spawn(async move { fan.post("/api/social/likes", like).await.status.as_u16() })
        })
        .collect();
    let mut firsts = 0;
    for fan in fans {
        match fan.await.unwrap() {
            201 => firsts += 1,
            status => assert_eq!(status, 200),
        }
    }
    assert_eq!(firsts, 30);
    let stats = format!("/api/social/stats/{}", prompt["id"].as_str().unwrap());
    assert_eq!(ada.get(&stats).await.expect(200)["likesCount"], 30);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn people_react_while_the_author_edits_and_deletes_and_nobody_is_in_anyones_way(
    pool: PgPool,
) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    let id = prompt["id"].as_str().unwrap().to_owned();
    let mut tasks = Vec::new();
    for i in 0..12 {
        let fan = fixture.app.anonymous().forwarded_for(&user(&format!("fan{i}")));
        let id = id.clone();
        tasks.push(tokio::spawn(async move {
            let like = json!({"promptId": id});
            let rating = json!({"promptId": id, "rating": 5});
            let comment = json!({"promptId": id, "content": "Nice."});
            vec![
                fan.post("/api/social/likes", like).await.status.as_u16(),
                fan.post("/api/social/ratings", rating).await.status.as_u16(),
                fan.post("/api/social/comments", comment).await.status.as_u16(),
                fan.delete(&format!("/api/social/likes/{id}")).await.status.as_u16(),
            ]
        }));
    }
    for i in 0..6 {
        let change = json!({"title": format!("Title {i}")});
        ada.put(&format!("/prompts/{id}"), change).await.expect(200);
    }
    assert_eq!(ada.delete(&format!("/prompts/{id}")).await.status, 204);
    for task in tasks {
        for status in task.await.unwrap() {
            // The request comes before the deletion or after it; a deadlock would be a 503.
            assert!([200, 201, 404].contains(&status), "{status}");
        }
    }
}
