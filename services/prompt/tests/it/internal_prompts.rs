//! The calls under `/internal` that read prompts and their numbers.

use ids::{PromptId, UserId};
use serde_json::json;
use sqlx::PgPool;
use testkit::user;

use crate::support::{create, path, private, reviewer, start};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn services_read_what_the_caller_they_act_for_may_read(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let (ada, eve) = (user("ada"), user("eve"));
    let author = anonymous.forwarded_for(&ada);
    let hidden = create(&author, private(reviewer())).await;
    author.put(&path(&hidden), json!({"title": "Second"})).await.expect(200);
    let internal = format!("/internal{}", path(&hidden));

    let full = author.get(&internal).await.expect(200);
    assert_eq!((&full["title"], &full["version"]), (&json!("Second"), &json!(2)));
    assert_eq!(full["content"], hidden["content"]);
    assert_eq!(full["status"], "PUBLISHED");
    let first = author.get(&format!("{internal}?version=1")).await.expect(200);
    assert_eq!((&first["title"], &first["version"]), (&json!("Code reviewer"), &json!(1)));
    anonymous.forwarded_for(&eve).get(&internal).await.expect_problem(404, "PROMPT_NOT_FOUND");
    anonymous.internal().get(&internal).await.expect_problem(404, "PROMPT_NOT_FOUND");
    anonymous.get(&internal).await.expect_problem(404, "ROUTE_NOT_FOUND");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn an_authors_numbers_are_those_of_their_listed_prompts(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let (ada, eve) = (user("ada"), user("eve"));
    let (author, fan) = (anonymous.forwarded_for(&ada), anonymous.forwarded_for(&eve));
    let internal = anonymous.internal();
    let stats = format!("/internal/users/{}/stats", ada.id);
    let none = json!({"promptsCount": 0, "likesReceived": 0});
    assert_eq!(internal.get(&stats).await.expect(200), none);

    let first = create(&author, reviewer()).await;
    let second = create(&author, reviewer()).await;
    create(&author, private(reviewer())).await;
    create(&fan, reviewer()).await;
    for (liker, prompt) in [(&fan, &first), (&author, &first), (&fan, &second)] {
        liker.post("/api/social/likes", json!({"promptId": prompt["id"]})).await.expect(201);
    }
    let both = json!({"promptsCount": 2, "likesReceived": 3});
    assert_eq!(internal.get(&stats).await.expect(200), both);
    author.put(&path(&first), json!({"visibility": "UNLISTED"})).await.expect(200);
    let one = json!({"promptsCount": 1, "likesReceived": 1});
    assert_eq!(internal.get(&stats).await.expect(200), one);
    let nobody = format!("/internal/users/{}/stats", UserId::new());
    assert_eq!(internal.get(&nobody).await.expect(200), none);
    internal.get("/internal/users/x/stats").await.expect_problem(400, "VALIDATION_FAILED");
    anonymous.get(&stats).await.expect_problem(404, "ROUTE_NOT_FOUND");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn ratings_of_many_prompts_are_told_at_once(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let author = anonymous.forwarded_for(&user("ada"));
    let rated = create(&author, reviewer()).await;
    let unrated = create(&author, private(reviewer())).await;
    for rating in [5, 4, 4] {
        let fan = anonymous.forwarded_for(&user("fan"));
        let body = json!({"promptId": rated["id"], "rating": rating});
        fan.post("/api/social/ratings", body).await.expect(201);
    }
    let id = |prompt: &serde_json::Value| prompt["id"].as_str().unwrap().to_owned();
    let all = [id(&rated), id(&unrated), PromptId::new().to_string()].join(",");
    let internal = anonymous.internal();
    let found = internal.get(&format!("/internal/prompts/ratings?ids={all}")).await.expect(200);
    let mut found = found.as_array().unwrap().clone();
    found.sort_by_key(|one| one["averageRating"].as_f64() == Some(0.0));
    let expected = [
        (&rated, 4.33),
        // A private prompt is included, since it may be on sale.
        (&unrated, 0.0),
    ]
    .map(|(prompt, rating)| {
        json!({
            "id": prompt["id"], "averageRating": rating, "title": "Code reviewer",
            "description": null, "category": "Programming",
        })
    });
    assert_eq!(found, expected);

    // The words of a draft are left out.
    let draft = json!({"status": "DRAFT", "title": "Not yet"});
    author.put(&path(&rated), draft).await.expect(200);
    let one = format!("/internal/prompts/ratings?ids={}", id(&rated));
    let told = json!({
        "id": rated["id"], "averageRating": 4.33, "title": null, "description": null, "category": null,
    });
    assert_eq!(internal.get(&one).await.expect(200), json!([told]));

    let many = vec![id(&rated); 101].join(",");
    for bad in ["", "ids=x", "ids=,", &format!("ids={many}")] {
        let path = format!("/internal/prompts/ratings?{bad}");
        internal.get(&path).await.expect_problem(400, "VALIDATION_FAILED");
    }
    let path = format!("/internal/prompts/ratings?ids={all}");
    anonymous.get(&path).await.expect_problem(404, "ROUTE_NOT_FOUND");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn summaries_are_of_what_is_listed_now_as_it_is_now(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = user("ada");
    let author = anonymous.forwarded_for(&ada);
    let shown = create(&author, reviewer()).await;
    let hidden = create(&author, private(reviewer())).await;
    let mut others = Vec::new();
    for change in [
        json!({"visibility": "UNLISTED"}),
        json!({"status": "DRAFT"}),
        json!({"status": "ARCHIVED"}),
    ] {
        let prompt = create(&author, reviewer()).await;
        author.put(&path(&prompt), change).await.expect(200);
        others.push(prompt["id"].clone());
    }
    let deleted = create(&author, reviewer()).await;
    assert_eq!(author.delete(&path(&deleted)).await.status, 204);
    author.put(&path(&shown), json!({"title": "Renamed", "category": "Other"})).await.expect(200);

    let internal = anonymous.internal();
    let summaries = "/internal/prompts/summaries";
    let mut ids = vec![shown["id"].clone(), hidden["id"].clone(), deleted["id"].clone()];
    ids.extend(others);
    ids.extend([json!(PromptId::new()), shown["id"].clone()]);
    // Regardless of the user for whom the other service acts.
    for client in [&internal, &author] {
        let found = client.post(summaries, json!({"ids": ids})).await.expect(200);
        let expected = json!({"prompts": [{
            "id": shown["id"], "title": "Renamed", "category": "Other", "userId": ada.id,
            "username": "ada", "isPublic": true, "visibility": "PUBLIC", "status": "PUBLISHED",
        }]});
        assert_eq!(found, expected);
    }
    let none = internal.post(summaries, json!({"ids": []})).await.expect(200);
    assert_eq!(none, json!({"prompts": []}));
    let most = json!({"ids": vec![PromptId::new(); 200]});
    internal.post(summaries, most).await.expect(200);
    for bad in [json!({}), json!({"ids": ["x"]}), json!({"ids": vec![PromptId::new(); 201]})] {
        internal.post(summaries, bad).await.expect_problem(400, "VALIDATION_FAILED");
    }
    let stranger = anonymous.post(summaries, json!({"ids": ids})).await;
    stranger.expect_problem(404, "ROUTE_NOT_FOUND");
}
