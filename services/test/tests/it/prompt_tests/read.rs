//! Reading and listing prompt tests.

use ids::{PromptId, TestId};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Client, user};

use crate::support::{PromptService, admin, create, mock, path, start, start_with};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_test_is_seen_by_its_owner_and_administrators_only(pool: PgPool) {
    let app = start(&pool).await;
    let anonymous = app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let test = create(&ada, mock("mock")).await;
    assert_eq!(ada.get(&path(&test)).await.expect(200)["id"], test["id"]);
    assert_eq!(
        anonymous.forwarded_for(&admin()).get(&path(&test)).await.expect(200)["id"],
        test["id"]
    );
    let eve = anonymous.forwarded_for(&user("eve"));
    eve.get(&path(&test)).await.expect_problem(404, "TEST_NOT_FOUND");
    anonymous.get(&path(&test)).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn absent_and_malformed_ids_are_told_apart(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let absent = format!("/api/tests/{}", TestId::new());
    client.get(&absent).await.expect_problem(404, "TEST_NOT_FOUND");
    for (path, field) in [
        ("/api/tests/nonsense", "id"),
        ("/api/tests/prompt/nonsense", "promptId"),
        ("/api/tests/user/nonsense", "userId"),
    ] {
        let problem = client.get(path).await.expect_problem(400, "VALIDATION_FAILED");
        assert!(problem["errors"][field].is_array(), "{problem}");
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_person_s_tests_are_theirs_and_administrators(pool: PgPool) {
    let app = start(&pool).await;
    let anonymous = app.anonymous();
    let identity = user("ada");
    let ada = anonymous.forwarded_for(&identity);
    let eve = anonymous.forwarded_for(&user("eve"));
    let test = create(&ada, mock("mock")).await;
    create(&eve, mock("mock")).await;

    let list = format!("/api/tests/user/{}", identity.id);
    for client in [&ada, &anonymous.forwarded_for(&admin())] {
        let page = client.get(&list).await.expect(200);
        assert_eq!(ids(&page), [test["id"].as_str().unwrap()]);
        assert_eq!(page["totalElements"], 1);
    }
    eve.get(&list).await.expect_problem(403, "FORBIDDEN");
    anonymous.get(&list).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_prompt_s_tests_are_shown_to_each_their_own_and_to_administrators_all(pool: PgPool) {
    let prompts = PromptService::start().await;
    let app = start_with(&pool, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
    let anonymous = app.anonymous();
    let author = anonymous.forwarded_for(&prompts.author);
    let body = json!({
        "promptId": prompts.prompt, "variables": {"name": "Ada"},
        "modelProvider": "MOCK", "modelName": "mock",
    });
    let first = create(&author, body.clone()).await;
    let second = create(&author, body).await;
    create(&author, mock("mock")).await;

    let list = format!("/api/tests/prompt/{}", prompts.prompt);
    let own = author.get(&list).await.expect(200);
    assert_eq!(ids(&own), [second["id"].as_str().unwrap(), first["id"].as_str().unwrap()]);

    // One of them was someone else's all along.
    let eve = user("eve");
    sqlx::query("update tests set user_id = $1 where id = $2::uuid")
        .bind(eve.id)
        .bind(first["id"].as_str().unwrap())
        .execute(&pool)
        .await
        .unwrap();
    let seen = |client: Client| async {
        let client = client;
        client.get(&list).await.expect(200)["totalElements"].as_i64().unwrap()
    };
    assert_eq!(seen(author.clone()).await, 1);
    assert_eq!(seen(anonymous.forwarded_for(&eve)).await, 1);
    assert_eq!(seen(anonymous.forwarded_for(&user("nobody"))).await, 0);
    assert_eq!(seen(anonymous.forwarded_for(&admin())).await, 2);
    anonymous.get(&list).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let unheard_of = format!("/api/tests/prompt/{}", PromptId::new());
    assert_eq!(author.get(&unheard_of).await.expect(200)["content"], json!([]));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn pages_run_newest_first_by_number_and_by_cursor(pool: PgPool) {
    let app = start(&pool).await;
    let identity = user("ada");
    let client = app.anonymous().forwarded_for(&identity);
    let mut created = Vec::new();
    for _ in 0..5 {
        created.push(create(&client, mock("mock")).await["id"].as_str().unwrap().to_owned());
    }
    created.reverse();
    let list = format!("/api/tests/user/{}?size=2", identity.id);

    let first = client.get(&list).await.expect(200);
    assert_eq!(ids(&first), created[..2]);
    assert_eq!((&first["totalElements"], &first["totalPages"]), (&json!(5), &json!(3)));
    let second = client.get(&format!("{list}&page=1")).await.expect(200);
    assert_eq!(ids(&second), created[2..4]);

    let mut page = first;
    let mut seen: Vec<String> = ids(&page).into_iter().map(str::to_owned).collect();
    while let Some(cursor) = page["nextCursor"].as_str() {
        page = client.get(&format!("{list}&cursor={cursor}")).await.expect(200);
        assert!(page.get("totalElements").is_none());
        seen.extend(ids(&page).into_iter().map(str::to_owned));
    }
    assert_eq!(seen, created);
    assert_eq!(page["last"], true);

    let problem = client
        .get(&format!("{list}&cursor=made-up"))
        .await
        .expect_problem(400, "VALIDATION_FAILED");
    assert!(problem["errors"]["cursor"].is_array());
    client.get(&format!("{list}0000")).await.expect_problem(400, "VALIDATION_FAILED");
}

fn ids(page: &Value) -> Vec<&str> {
    page["content"].as_array().unwrap().iter().map(|test| test["id"].as_str().unwrap()).collect()
}
