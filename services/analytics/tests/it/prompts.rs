//! `/analytics/prompts/{id}`: views and viewers of a prompt, for those who may open it.

use ids::{PromptId, UserId};
use internal_api::prompt::Visibility;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client, eventually, user};

use crate::support::{
    admin, author_of, created, days_ago, publish_and_wait, start, viewed, viewed_as,
};

fn path(prompt: PromptId) -> String {
    format!("/analytics/prompts/{prompt}")
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn a_prompt_has_its_views_and_viewers_by_day(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompt = created("Linux Terminal");
    publish_and_wait(&fixture, std::slice::from_ref(&prompt)).await;
    let account = Some(UserId::new());
    fixture
        .publish([
            viewed(&prompt, account),
            viewed(&prompt, account),
            days_ago(1, viewed(&prompt, account)),
            viewed_as(&prompt, "a"),
            viewed_as(&prompt, "a"),
            days_ago(1, viewed_as(&prompt, "a")),
            viewed(&prompt, None),
            days_ago(29, viewed(&prompt, None)),
            days_ago(31, viewed(&prompt, account)),
        ])
        .await;
    fixture.stats_when("totalPromptEvents", 10).await;
    let client = fixture.app.anonymous();
    let answer = client.get(&path(prompt.prompt_id)).await.expect(200);
    assert_eq!(answer["promptId"], json!(prompt.prompt_id));
    // The account once, and the anonymous viewer once a day.
    assert_eq!((&answer["views"], &answer["uniqueViewers"]), (&json!(8), &json!(3)));
    let series = answer["series"].as_array().unwrap();
    assert_eq!(series.len(), 30);
    let figures = |day: &Value| (day["views"].as_i64().unwrap(), day["uniqueViewers"].as_i64());
    assert_eq!(figures(&series[29]), (5, Some(2)));
    assert_eq!(figures(&series[28]), (2, Some(2)));
    assert_eq!(figures(&series[0]), (1, Some(0)));
    let sum: i64 = series.iter().map(|day| figures(day).0).sum();
    assert_eq!(sum, 8);
    let unviewed = created("Unviewed");
    fixture.prompts.publish(&unviewed);
    let none = client.get(&path(unviewed.prompt_id)).await.expect(200);
    assert_eq!((&none["views"], &none["uniqueViewers"]), (&json!(0), &json!(0)));
}

async fn status(client: &Client, prompt: PromptId) -> u16 {
    client.get(&path(prompt)).await.status.as_u16()
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn who_may_not_open_a_prompt_does_not_learn_its_views(pool: PgPool) {
    let fixture = start(&pool).await;
    let [private, unlisted] = ["Private", "Unlisted"].map(created);
    publish_and_wait(&fixture, &[private.clone(), unlisted.clone()]).await;
    fixture.prompts.set_visibility(&private, Visibility::Private);
    fixture.prompts.set_visibility(&unlisted, Visibility::Unlisted);
    let anyone = fixture.app.anonymous();
    let stranger = anyone.forwarded_for(&user("eve"));
    let author = anyone.forwarded_for(&author_of(&private));
    let root = anyone.forwarded_for(&admin());
    for (client, expected) in [(&anyone, 404), (&stranger, 404), (&author, 200), (&root, 200)] {
        assert_eq!(status(client, private.prompt_id).await, expected);
        assert_eq!(status(client, unlisted.prompt_id).await, 200);
    }
    anyone.get(&path(private.prompt_id)).await.expect_problem(404, "PROMPT_NOT_FOUND");
    // The author is asked for with their own identity, not with what was found for another.
    assert_eq!(status(&stranger, private.prompt_id).await, 404);
    anyone.get(&path(PromptId::new())).await.expect_problem(404, "PROMPT_NOT_FOUND");
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn what_was_hidden_or_deleted_is_gone_and_later_events_bring_nothing_back(pool: PgPool) {
    let fixture = start(&pool).await;
    let [hidden, deleted, kept] = ["Hidden", "Deleted", "Kept"].map(created);
    publish_and_wait(&fixture, &[hidden.clone(), deleted.clone(), kept.clone()]).await;
    let all = [&hidden, &deleted, &kept];
    fixture.publish(all.map(|prompt| viewed(prompt, None))).await;
    fixture.stats_when("promptViewsLast24h", 3).await;
    let anyone = fixture.app.anonymous();
    let author = anyone.forwarded_for(&author_of(&hidden));
    for prompt in all {
        assert_eq!(status(&anyone, prompt.prompt_id).await, 200);
    }
    eventually("all in the ranking", || async {
        (fixture.trending("").await.len() == 3).then_some(())
    })
    .await;

    fixture.prompts.set_visibility(&hidden, Visibility::Private);
    fixture.prompts.delete(&deleted);
    let only_the_kept_one = || async {
        let gone = status(&anyone, hidden.prompt_id).await == 404
            && status(&author, deleted.prompt_id).await == 404;
        let trending = fixture.trending("").await;
        (gone && trending.len() == 1 && trending[0]["title"] == "Kept").then_some(())
    };
    eventually("the two to go", only_the_kept_one).await;

    fixture.publish(all.map(|prompt| viewed(prompt, Some(UserId::new())))).await;
    fixture.publish([deleted.clone()]).await;
    fixture.stats_when("promptViewsLast24h", 6).await;
    only_the_kept_one().await.unwrap();
    // To its author it is still there.
    let own = author.get(&path(hidden.prompt_id)).await.expect(200);
    assert_eq!(own["views"], 2);
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn without_the_prompt_service_nobody_can_tell_who_may_see_it(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompt = created("Linux Terminal");
    fixture.prompts.publish(&prompt);
    fixture.prompts.set_away(true);
    let client = fixture.app.anonymous();
    for _ in 0..2 {
        let away = client.get(&path(prompt.prompt_id)).await;
        assert_eq!(away.headers["retry-after"], "1");
        away.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    }
    fixture.prompts.set_away(false);
    eventually("the prompt service to be asked again", || async {
        (status(&client, prompt.prompt_id).await == 200).then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn bad_ids_and_periods_are_named(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    let problem = client.get("/analytics/prompts/7").await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["promptId"]);
    let path = format!("{}?from=x&to=2026-02-30&tz=Mars", path(PromptId::new()));
    let problem = client.get(&path).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["from", "to", "tz"]);
}
