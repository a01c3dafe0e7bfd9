//! `/analytics/users/{id}`: the views of an author.

use events::PromptCreated;
use ids::UserId;
use internal_api::prompt::Visibility;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, eventually, user};

use crate::support::{
    Fixture, admin, author_of, created, days_ago, publish_and_wait, start, viewed, viewed_as,
};

fn path(author: UserId) -> String {
    format!("/analytics/users/{author}")
}

/// Publishes prompts of one author; the first has the most views.
async fn publish_of_one_author(fixture: &Fixture, titles: &[&str]) -> Vec<PromptCreated> {
    let author = UserId::new();
    let prompts: Vec<PromptCreated> =
        titles.iter().map(|title| PromptCreated { user_id: author, ..created(title) }).collect();
    publish_and_wait(fixture, &prompts).await;
    let views = prompts.iter().rev().enumerate();
    let views: Vec<_> = views.flat_map(|(i, prompt)| vec![viewed(prompt, None); i + 1]).collect();
    let count = views.len() as i64;
    fixture.publish(views).await;
    fixture.stats_when("promptViewsLast24h", count).await;
    prompts
}

fn titles(answer: &Value) -> Vec<&str> {
    let top = answer["topPrompts"].as_array().unwrap();
    top.iter().map(|prompt| prompt["title"].as_str().unwrap()).collect()
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn an_author_has_the_views_of_all_that_they_wrote(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompts = publish_of_one_author(&fixture, &["First", "Second"]).await;
    let other = created("Somebody else's");
    let account = Some(UserId::new());
    fixture.publish([other.clone()]).await;
    fixture
        .publish([
            viewed(&other, account),
            viewed(&prompts[0], account),
            // One viewer, though of another prompt.
            days_ago(1, viewed(&prompts[1], account)),
            viewed_as(&prompts[1], "a"),
        ])
        .await;
    fixture.stats_when("totalPromptEvents", 10).await;
    let author = fixture.app.anonymous().forwarded_for(&author_of(&prompts[0]));
    let answer = author.get(&path(prompts[0].user_id)).await.expect(200);
    assert_eq!(answer["userId"], json!(prompts[0].user_id));
    assert_eq!(answer["prompts"], 2);
    assert_eq!((&answer["views"], &answer["uniqueViewers"]), (&json!(6), &json!(2)));
    let series = answer["series"].as_array().unwrap();
    assert_eq!(series.len(), 30);
    assert_eq!((&series[29]["views"], &series[28]["views"]), (&json!(5), &json!(1)));
    assert_eq!(
        answer["topPrompts"],
        json!([
            {"promptId": prompts[0].prompt_id, "title": "First", "category": "Development",
             "views": 3, "uniqueViewers": 1, "rank": 1},
            {"promptId": prompts[1].prompt_id, "title": "Second", "category": "Development",
             "views": 3, "uniqueViewers": 2, "rank": 2},
        ])
    );
    assert_eq!(answer["incomplete"], false);
    let none = UserId::new();
    let quiet = fixture.app.anonymous().forwarded_for(&admin()).get(&path(none)).await.expect(200);
    assert_eq!((&quiet["prompts"], &quiet["views"]), (&json!(0), &json!(0)));
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn only_the_author_and_administrators_may_ask(pool: PgPool) {
    let fixture = start(&pool).await;
    let anyone = fixture.app.anonymous();
    let ada = user("ada");
    anyone.get(&path(ada.id)).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let eve = anyone.forwarded_for(&user("eve"));
    eve.get(&path(ada.id)).await.expect_problem(403, "FORBIDDEN");
    anyone.forwarded_for(&ada).get(&path(ada.id)).await.expect(200);
    let root = anyone.forwarded_for(&admin());
    root.get(&path(ada.id)).await.expect(200);
    let problem = root.get("/analytics/users/7").await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["userId"]);
    let long = format!("{}?from=2001-01-01&to=2026-01-01", path(ada.id));
    let problem = root.get(&long).await.expect_problem(400, "VALIDATION_FAILED");
    assert!(problem["detail"].as_str().unwrap().contains("2000"), "{problem}");

    fixture.users.delete(ada.id);
    eventually("the account to be gone", || async {
        (root.get(&path(ada.id)).await.status == 404).then_some(())
    })
    .await;
    root.get(&path(ada.id)).await.expect_problem(404, "USER_NOT_FOUND");
    let own = anyone.forwarded_for(&ada).get(&path(ada.id)).await;
    own.expect_problem(404, "USER_NOT_FOUND");
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn prompts_are_named_as_they_are_now_and_the_list_is_filled_up(pool: PgPool) {
    let fixture = start(&pool).await;
    let names: Vec<String> = (0..13).map(|i| format!("Prompt {i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let prompts = publish_of_one_author(&fixture, &names).await;
    let path = path(prompts[0].user_id);
    let author = fixture.app.anonymous().forwarded_for(&author_of(&prompts[0]));
    assert_eq!(titles(&author.get(&path).await.expect(200)), names[..10]);

    fixture.prompts.delete(&prompts[0]);
    // Its author may still open it.
    fixture.prompts.set_visibility(&prompts[1], Visibility::Private);
    fixture.prompts.publish(&PromptCreated { title: "Renamed".to_owned(), ..prompts[2].clone() });
    let expected = [&["Prompt 1", "Renamed"], &names[3..11]].concat();
    let answer = eventually("the titles of now", || async {
        let answer = author.get(&path).await.expect(200);
        (titles(&answer) == expected).then_some(answer)
    })
    .await;
    // What happened stays counted.
    assert_eq!((&answer["prompts"], &answer["views"]), (&json!(13), &json!(13 * 14 / 2)));
    assert_eq!(answer["topPrompts"][0]["rank"], 1);
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn a_service_that_is_away_is_said_to_be(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompts = publish_of_one_author(&fixture, &["First"]).await;
    let author = fixture.app.anonymous().forwarded_for(&author_of(&prompts[0]));
    let path = path(prompts[0].user_id);
    fixture.users.set_away(true);
    let away = author.get(&path).await;
    assert_eq!(away.headers["retry-after"], "1");
    away.expect_problem(503, "DEPENDENCY_UNAVAILABLE");

    fixture.users.set_away(false);
    fixture.prompts.set_away(true);
    // Figures are there, and no prompt that might be gone.
    let answer = author.get(&path).await.expect(200);
    assert_eq!((&answer["views"], &answer["incomplete"]), (&json!(1), &json!(true)));
    assert_eq!(answer["topPrompts"], json!([]));
}
