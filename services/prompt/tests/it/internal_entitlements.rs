//! The calls of the marketplace under `/internal`, in any order.

use http::Method;
use ids::{LicenseId, UserId};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::user;

use crate::support::{create, path, reviewer, start};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_newest_word_of_the_marketplace_stands_whatever_comes_late(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    let internal = fixture.app.anonymous().internal();
    let premium = format!("/internal{}/premium", path(&prompt));
    let say = |premium: bool, price: Value, revision: i64| json!({"premium": premium, "price": price, "revision": revision});
    let read = ada.get(&path(&prompt)).await;
    let tab = ada.with_header("if-match", read.headers["etag"].to_str().unwrap());

    // With the same digits, since this service does not know its currency.
    let second = r#"{"premium":true,"price":12.50,"revision":2}"#;
    let second = internal.raw(Method::PUT, &premium, "application/json", second).await;
    assert!(second.text.contains(r#""price":12.50"#), "{}", second.text);
    assert_eq!(second.expect(200)["revision"], 2);
    for late in [say(false, json!(null), 1), say(true, json!(99), 2), say(false, json!(null), 2)] {
        let now = internal.put(&premium, &late).await.expect(200);
        assert_eq!(now["promptId"], prompt["id"]);
        assert_eq!((&now["premium"], &now["price"]), (&json!(true), &json!(12.5)), "{late}");
        assert_eq!(now["revision"], 2);
    }
    let free = internal.put(&premium, say(false, json!(null), 7)).await.expect(200);
    assert_eq!((&free["premium"], &free["price"]), (&json!(false), &json!(null)));
    let read = fixture.app.anonymous().get(&path(&prompt)).await;
    let read = read.expect(200);
    assert_eq!((&read["isPremium"], &read["price"]), (&json!(false), &json!(null)));
    assert_eq!(read["content"], prompt["content"]);
    // What the marketplace says is in no editor's way.
    tab.put(&path(&prompt), json!({"title": "Second"})).await.expect(200);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn calls_at_once_leave_the_newest(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    let premium = format!("/internal{}/premium", path(&prompt));
    let calls = (1..=20).map(|revision| {
        let (internal, premium) = (fixture.app.anonymous().internal(), premium.clone());
        let body = json!({"premium": true, "price": revision, "revision": revision});
        tokio::spawn(async move { internal.put(&premium, body).await.expect(200) })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    assert_eq!(ada.get(&path(&prompt)).await.expect(200)["price"], 20.0);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn bad_calls_of_the_marketplace_are_refused_and_a_gone_prompt_is_not_found(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = create(&ada, reviewer()).await;
    let internal = fixture.app.anonymous().internal();
    let premium = format!("/internal{}/premium", path(&prompt));
    let license = format!("/internal{}/entitlements/{}", path(&prompt), LicenseId::new());
    for (body, field) in [
        (json!({"premium": true, "price": null, "revision": 1}), "price"),
        (json!({"premium": true, "revision": 1}), "price"),
        (json!({"premium": false, "price": 1, "revision": 1}), "price"),
        (json!({"premium": true, "price": 0, "revision": 1}), "price"),
        (json!({"premium": true, "price": 1.00005, "revision": 1}), "price"),
        (json!({"premium": true, "price": 10_000_000_000_i64, "revision": 1}), "price"),
        (json!({"premium": true, "price": "9.90", "revision": 1}), "price"),
        (json!({"premium": true, "price": 1, "revision": 0}), "revision"),
        (json!({"price": 1, "revision": 1}), "premium"),
    ] {
        let problem = internal.put(&premium, &body).await.expect_problem(400, "VALIDATION_FAILED");
        assert!(problem["errors"][field].is_array(), "{body}: {problem}");
    }
    let most = json!({"premium": true, "price": 9_999_999_999.99_f64, "revision": 1});
    assert!(internal.put(&premium, most).await.text.contains("9999999999.99"));
    for (body, field) in [
        (json!({"version": 1}), "userId"),
        (json!({"userId": UserId::new(), "version": 0}), "version"),
        (json!({"userId": UserId::new(), "version": 1, "expiresAt": "soon"}), "expiresAt"),
    ] {
        let problem = internal.put(&license, &body).await.expect_problem(400, "VALIDATION_FAILED");
        assert!(problem["errors"][field].is_array(), "{body}: {problem}");
    }

    // Refused from outside the fleet, and to everyone once the prompt is gone.
    let say = json!({"premium": false, "price": null, "revision": 3});
    let grant = json!({"userId": UserId::new(), "version": 1});
    let outsider = fixture.app.anonymous();
    outsider.put(&premium, &say).await.expect_problem(404, "ROUTE_NOT_FOUND");
    outsider.put(&license, &grant).await.expect_problem(404, "ROUTE_NOT_FOUND");
    outsider.delete(&license).await.expect_problem(404, "ROUTE_NOT_FOUND");
    internal.put(&license, &grant).await.expect(200);
    assert_eq!(ada.delete(&path(&prompt)).await.status, 204);
    internal.put(&premium, &say).await.expect_problem(404, "PROMPT_NOT_FOUND");
    internal.put(&license, &grant).await.expect_problem(404, "PROMPT_NOT_FOUND");
    internal.delete(&license).await.expect_problem(404, "PROMPT_NOT_FOUND");
}
