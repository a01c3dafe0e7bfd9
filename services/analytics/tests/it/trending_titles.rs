//! Shown are the title, the category and the name that the prompt service states now.

use events::PromptCreated;
use ids::UserId;
use serde_json::Value;
use sqlx::PgPool;
use testkit::eventually;

use crate::support::{created, publish_and_wait, start, titles, viewed};

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn what_is_shown_is_what_its_owner_says_now(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompt = created("Linux Terminal");
    publish_and_wait(&fixture, std::slice::from_ref(&prompt)).await;
    fixture.publish([viewed(&prompt, None)]).await;
    fixture.stats_when("promptViewsLast24h", 1).await;
    assert_eq!(fixture.trending("category=development").await.len(), 1);

    let renamed = PromptCreated {
        title: "Windows Terminal".to_owned(),
        category: "Law".to_owned(),
        username: "deleted-user".to_owned(),
        ..prompt.clone()
    };
    fixture.prompts.publish(&renamed);
    // An event that says otherwise changes nothing.
    fixture.publish([viewed(&prompt, None)]).await;
    fixture.stats_when("promptViewsLast24h", 2).await;
    let row = eventually("the new title", || async {
        let trending = fixture.trending("").await;
        (trending[0]["title"] == "Windows Terminal").then(|| trending[0].clone())
    })
    .await;
    assert_eq!((&row["category"], &row["username"]), (&"Law".into(), &"deleted-user".into()));
    assert_eq!(row["incomplete"], false);
    assert!(fixture.trending("category=development").await.is_empty());
    assert_eq!(titles(&fixture.trending("category=LAW").await), ["Windows Terminal"]);
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn what_is_hidden_is_passed_over_and_the_page_filled_up(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompts: Vec<_> = (0..250).map(|i| created(&format!("Prompt {i}"))).collect();
    // In the order of their ids, of which only the last three may be opened.
    for prompt in &prompts[247..] {
        fixture.prompts.publish(prompt);
    }
    fixture.publish(prompts.iter().map(|prompt| viewed(prompt, None))).await;
    fixture.stats_when("promptViewsLast24h", 250).await;
    let trending = fixture.trending("limit=2").await;
    assert_eq!(titles(&trending), ["Prompt 247", "Prompt 248"]);
    assert_eq!((&trending[0]["rank"], &trending[1]["rank"]), (&1.into(), &2.into()));
    assert_eq!(titles(&fixture.trending("").await), ["Prompt 247", "Prompt 248", "Prompt 249"]);

    fixture.prompts.hide(&prompts[248]);
    eventually("the hidden one to go", || async {
        (titles(&fixture.trending("limit=2").await) == ["Prompt 247", "Prompt 249"]).then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn one_question_answers_a_page_and_is_remembered_for_seconds(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompts: Vec<_> = (0..30).map(|i| created(&format!("Prompt {i}"))).collect();
    publish_and_wait(&fixture, &prompts).await;
    fixture.publish(prompts.iter().map(|prompt| viewed(prompt, None))).await;
    fixture.stats_when("promptViewsLast24h", 30).await;
    let before = fixture.prompts.questions().len();
    for _ in 0..3 {
        assert_eq!(fixture.trending("limit=15").await.len(), 15);
    }
    // One, or two when the first was forgotten meanwhile.
    let asked = &fixture.prompts.questions()[before..];
    assert!((1..=2).contains(&asked.len()) && asked[0] == 30, "{asked:?}");
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn while_the_prompt_service_is_away_rows_are_without_a_title_and_say_so(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompt = created("Linux Terminal");
    publish_and_wait(&fixture, std::slice::from_ref(&prompt)).await;
    fixture.publish([viewed(&prompt, Some(UserId::new()))]).await;
    fixture.stats_when("promptViewsLast24h", 1).await;
    fixture.prompts.set_away(true);
    let client = fixture.app.anonymous();
    let answer = client.get("/analytics/trending").await.expect(200);
    assert_eq!(answer["incomplete"], true);
    let row = &answer["trending"][0];
    assert_eq!(row["promptId"], prompt.prompt_id.to_string());
    for field in ["title", "category", "username"] {
        assert_eq!(row[field], Value::Null, "{field}");
    }
    assert_eq!(
        (&row["views"], &row["uniqueViewers"], &row["rank"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(row["incomplete"], true);
    // Nobody can tell the category of a prompt now.
    let answer = client.get("/analytics/trending?category=development").await.expect(200);
    assert_eq!((&answer["trending"], &answer["incomplete"]), (&Value::Array(vec![]), &true.into()));

    fixture.prompts.set_away(false);
    eventually("the title to be back", || async {
        let answer = client.get("/analytics/trending").await.expect(200);
        (answer["incomplete"] == false && answer["trending"][0]["title"] == "Linux Terminal")
            .then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn no_title_name_or_category_is_kept(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompt = created("A telling title");
    publish_and_wait(&fixture, std::slice::from_ref(&prompt)).await;
    fixture.publish([viewed(&prompt, None)]).await;
    fixture.stats_when("promptViewsLast24h", 1).await;
    fixture.trending("").await;
    let columns: Vec<String> = sqlx::query_scalar(
        "select table_name || '.' || column_name from information_schema.columns
         where table_schema = 'public'
           and column_name in ('title', 'username', 'category', 'is_public')",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(columns.is_empty(), "{columns:?}");
}
