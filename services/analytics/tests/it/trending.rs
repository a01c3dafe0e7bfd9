//! `/analytics/trending`: the ranking and its score.

use ids::UserId;
use sqlx::PgPool;
use testkit::Answer;

use crate::support::{created, days_ago, publish_and_wait, start, titles, viewed, viewed_as};

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn prompts_are_ranked_by_views_and_people_and_how_long_ago(pool: PgPool) {
    let fixture = start(&pool).await;
    let [reloaded, liked, past] = ["Reloaded", "Liked", "Past"].map(created);
    publish_and_wait(&fixture, &[reloaded.clone(), liked.clone(), past.clone()]).await;
    let fan = UserId::new();
    let views = (0..3)
        .map(|_| viewed(&reloaded, Some(fan)))
        .chain((0..2).map(|_| viewed(&liked, Some(UserId::new()))))
        .chain((0..9).map(|_| days_ago(1, viewed(&past, None))));
    fixture.publish(views).await;
    fixture.stats_when("promptViewsLast7d", 14).await;

    let trending = fixture.trending("").await;
    assert_eq!(titles(&trending), ["Liked", "Reloaded", "Past"]);
    let figures: Vec<_> = trending
        .iter()
        .map(|p| (p["rank"].as_i64(), p["views"].as_i64(), p["uniqueViewers"].as_i64()))
        .collect();
    assert_eq!(
        figures,
        [(Some(1), Some(2), Some(2)), (Some(2), Some(3), Some(1)), (Some(3), Some(9), Some(0))]
    );
    let scores: Vec<_> = trending.iter().map(|p| p["score"].as_f64().unwrap()).collect();
    // A viewer adds 4 points at most, and what is 1.75 days old counts half.
    assert_eq!(scores, [6.0, 4.0, 1.346]);
    assert_eq!(trending[0]["promptId"], liked.prompt_id.to_string());
    assert_eq!(trending[0]["username"], "ada");
    assert_eq!(trending[0]["category"], "Development");
    assert_eq!(titles(&fixture.trending("limit=2").await), ["Liked", "Reloaded"]);
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn equal_scores_are_in_the_order_of_ids(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompts: Vec<_> = (0..5).map(|i| created(&format!("Prompt {i}"))).collect();
    publish_and_wait(&fixture, &prompts).await;
    fixture.publish(prompts.iter().rev().map(|prompt| viewed(prompt, None))).await;
    fixture.stats_when("promptViewsLast24h", 5).await;
    let expected = ["Prompt 0", "Prompt 1", "Prompt 2", "Prompt 3", "Prompt 4"];
    assert_eq!(titles(&fixture.trending("").await), expected);
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn someone_who_comes_back_is_one_viewer_and_strangers_are_none(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompt = created("Linux Terminal");
    publish_and_wait(&fixture, std::slice::from_ref(&prompt)).await;
    let regular = Some(UserId::new());
    let once = Some(UserId::new());
    fixture
        .publish([
            viewed(&prompt, regular),
            viewed(&prompt, regular),
            days_ago(1, viewed(&prompt, regular)),
            days_ago(2, viewed(&prompt, regular)),
            days_ago(2, viewed(&prompt, once)),
            viewed(&prompt, None),
            viewed(&prompt, None),
        ])
        .await;
    fixture.stats_when("promptViewsLast7d", 7).await;
    let trending = fixture.trending("").await;
    assert_eq!(trending[0]["views"], 7);
    assert_eq!(trending[0]["uniqueViewers"], 2);
    // Today: 4 points of 1 person; yesterday: 3; the day before: 6 of 2.
    assert_eq!(trending[0]["score"], 8.736);
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn the_period_is_today_and_the_days_before(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompts = ["today", "6", "7", "90"].map(created);
    prompts.iter().for_each(|prompt| fixture.prompts.publish(prompt));
    let [today, days_6, days_7, days_90] = prompts;
    fixture
        .publish([
            viewed(&today, None),
            days_ago(6, viewed(&days_6, None)),
            days_ago(7, viewed(&days_7, None)),
            days_ago(90, viewed(&days_90, None)),
        ])
        .await;
    fixture.stats_when("totalPromptEvents", 4).await;
    assert_eq!(titles(&fixture.trending("days=1").await), ["today"]);
    assert_eq!(titles(&fixture.trending("").await), ["today", "6"]);
    assert_eq!(titles(&fixture.trending("days=8").await), ["today", "6", "7"]);
    assert_eq!(titles(&fixture.trending("days=90").await), ["today", "6", "7"]);

    let client = fixture.app.anonymous();
    let answer = client.get("/analytics/trending").await.expect(200);
    assert_eq!((&answer["period"], &answer["days"]), (&"7 days".into(), &7.into()));
    let answer = client.get("/analytics/trending?days=1").await.expect(200);
    assert_eq!((&answer["period"], &answer["days"]), (&"1 day".into(), &1.into()));
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn bad_parameters_are_all_named(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    for (query, fields) in [
        ("days=0", vec!["days"]),
        ("days=91", vec!["days"]),
        ("days=-1", vec!["days"]),
        ("days=week", vec!["days"]),
        ("limit=0", vec!["limit"]),
        ("limit=101", vec!["limit"]),
        ("days=99999999999&limit=many", vec!["days", "limit"]),
        ("category=%00", vec!["category"]),
    ] {
        let problem = client
            .get(&format!("/analytics/trending?{query}"))
            .await
            .expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), fields, "{query}");
    }
    let long = format!("/analytics/trending?category={}", "c".repeat(101));
    client.get(&long).await.expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn a_category_has_its_own_ranking(pool: PgPool) {
    let fixture = start(&pool).await;
    let code = created("Code");
    let mut poem = created("Poem");
    poem.category = "Creative Writing".to_owned();
    publish_and_wait(&fixture, &[code.clone(), poem.clone()]).await;
    fixture.publish([viewed(&code, None), viewed(&code, None), viewed(&poem, None)]).await;
    fixture.stats_when("promptViewsLast24h", 3).await;
    let trending = fixture.trending("category=creative%20writing").await;
    assert_eq!(titles(&trending), ["Poem"]);
    assert_eq!(trending[0]["rank"], 1);
    assert!(fixture.trending("category=creative").await.is_empty());
    assert_eq!(titles(&fixture.trending("category=").await), ["Code", "Poem"]);
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn anonymous_viewers_count_once_a_day_each(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompt = created("Linux Terminal");
    publish_and_wait(&fixture, std::slice::from_ref(&prompt)).await;
    let account = Some(UserId::new());
    let mut signed_in = viewed_as(&prompt, "d");
    signed_in.user_id = account;
    fixture
        .publish([
            viewed_as(&prompt, "a"),
            viewed_as(&prompt, "a"),
            viewed_as(&prompt, "b"),
            // A key may be of any length.
            viewed_as(&prompt, &"long ".repeat(2000)),
            days_ago(1, viewed_as(&prompt, "a")),
            // An account counts as itself, with any key.
            signed_in,
            viewed(&prompt, account),
            viewed(&prompt, None),
        ])
        .await;
    fixture.stats_when("promptViewsLast7d", 8).await;
    let trending = fixture.trending("").await;
    assert_eq!(trending[0]["views"], 8);
    assert_eq!(trending[0]["uniqueViewers"], 5);
    // Today: 7 views by 4 people; yesterday: 1 by 1.
    assert_eq!(trending[0]["score"], 17.02);
}
