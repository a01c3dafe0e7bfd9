use serde_json::json;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use testkit::user;

use crate::support::{create, private, reviewer, start};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_rating_can_be_changed_and_the_mean_follows(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let prompt = create(&ada, reviewer()).await;
    let id = prompt["id"].as_str().unwrap();
    let rate = |stars: i32| json!({"promptId": id, "rating": stars, "review": " Fine. "});
    eve.post("/api/social/ratings", rate(2)).await.expect(201);
    eve.post("/api/social/ratings", rate(5)).await.expect(200);
    ada.post("/api/social/ratings", json!({"promptId": id, "rating": 4})).await.expect(201);

    let summary = eve.get(&format!("/api/social/ratings/{id}")).await.expect(200);
    assert_eq!(summary["averageRating"], 4.5);
    assert_eq!(summary["ratingsCount"], 2);
    assert_eq!(summary["distribution"], json!({"1": 0, "2": 0, "3": 0, "4": 1, "5": 1}));
    assert_eq!(summary["userRating"], 5);
    let stranger = anonymous.get(&format!("/api/social/ratings/{id}")).await.expect(200);
    assert_eq!(stranger["userRating"], json!(null));

    let page = anonymous.get(&format!("/api/social/ratings/{id}/all?size=1")).await.expect(200);
    assert_eq!(page["totalElements"], 2);
    assert_eq!(page["content"][0]["username"], "ada", "newest first");
    let cursor = page["nextCursor"].as_str().unwrap();
    let next = anonymous
        .get(&format!("/api/social/ratings/{id}/all?size=1&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!((&next["content"][0]["review"], &next["last"]), (&json!("Fine."), &json!(true)));
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_bad_or_unseen_rating_is_refused(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    let hidden = create(&ada, private(reviewer())).await;
    for stars in [json!(0), json!(6), json!("5"), json!(4.5), json!(null)] {
        let body = json!({"promptId": prompt["id"], "rating": stars});
        let problem =
            ada.post("/api/social/ratings", body).await.expect_problem(400, "VALIDATION_FAILED");
        assert!(problem["errors"]["rating"].is_array(), "{stars}");
    }
    let rate = |prompt: &serde_json::Value| json!({"promptId": prompt["id"], "rating": 3});
    anonymous
        .post("/api/social/ratings", rate(&prompt))
        .await
        .expect_problem(401, "AUTHENTICATION_REQUIRED");
    let eve = anonymous.forwarded_for(&user("eve"));
    eve.post("/api/social/ratings", rate(&hidden)).await.expect_problem(404, "PROMPT_NOT_FOUND");
    let path = format!("/api/social/ratings/{}", hidden["id"].as_str().unwrap());
    eve.get(&path).await.expect_problem(404, "PROMPT_NOT_FOUND");
    eve.get(&format!("{path}/all")).await.expect_problem(404, "PROMPT_NOT_FOUND");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn first_ratings_at_once_by_one_person_count_once(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    let attempts: Vec<_> = (0..20)
        .map(|i| {
            let (ada, body) = (ada.clone(), json!({"promptId": prompt["id"], "rating": i % 5 + 1}));
            tokio::spawn(async move { ada.post("/api/social/ratings", body).await.status.as_u16() })
        })
        .collect();
    let mut firsts = 0;
    for attempt in attempts {
        match attempt.await.unwrap() {
            201 => firsts += 1,
            status => assert_eq!(status, 200),
        }
    }
    assert_eq!(firsts, 1);
    let path = format!("/api/social/ratings/{}", prompt["id"].as_str().unwrap());
    let summary = ada.get(&path).await.expect(200);
    assert_eq!(summary["ratingsCount"], 1);
    let own = summary["userRating"].as_f64();
    assert_eq!(summary["averageRating"].as_f64(), own);
}
