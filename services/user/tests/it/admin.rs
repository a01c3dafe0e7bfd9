//! `/users`, roles and suspension, for administrators.

use ids::UserId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::Answer;

use crate::support::{
    PASSWORD, join, join_admin, sign_in, start, try_login, try_refresh, usernames,
};

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn accounts_are_listed_by_role_status_and_text(pool: PgPool) {
    let fixture = start(&pool).await;
    let root = join_admin(&fixture, &pool, "boss").await;
    let (ada, _) = (join(&fixture, "ada").await, join(&fixture, "eve").await);
    root.client.post(&format!("/users/{}/suspend", ada.id), ()).await.expect(200);
    for (query, expected) in [
        ("", vec!["eve", "ada", "boss"]),
        ("?role=ADMIN", vec!["boss"]),
        ("?role=USER&status=ACTIVE", vec!["eve", "boss"]),
        ("?status=SUSPENDED", vec!["ada"]),
        ("?q=EVE@exam", vec!["eve"]),
        ("?q=a%25", vec![]),
        ("?q=da&status=ACTIVE", vec![]),
    ] {
        let page = root.client.get(&format!("/users{query}")).await.expect(200);
        assert_eq!(usernames(&page), expected, "{query}");
        assert_eq!(page["totalElements"], expected.len(), "{query}");
    }
    let first = root.client.get("/users?size=2").await.expect(200);
    assert!(first["content"][0]["email"].is_string());
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = root.client.get(&format!("/users?size=2&cursor={cursor}")).await.expect(200);
    assert_eq!(usernames(&second), ["boss"]);
    assert_eq!(second["last"], true);
    let problem = root
        .client
        .get("/users?role=KING&status=ASLEEP&size=0")
        .await
        .expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["role", "size", "status"]);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn only_administrators_administer(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, eve) = (join(&fixture, "ada").await, join(&fixture, "eve").await);
    let root = join_admin(&fixture, &pool, "boss").await;
    let anonymous = fixture.app.anonymous();
    let roles = json!({"roles": ["ADMIN"]});
    for (client, status, code) in
        [(&anonymous, 401, "AUTHENTICATION_REQUIRED"), (&eve.client, 403, "FORBIDDEN")]
    {
        client.get("/users").await.expect_problem(status, code);
        let path = |action: &str| format!("/users/{}/{action}", ada.id);
        client.put(&path("roles"), &roles).await.expect_problem(status, code);
        client.post(&path("suspend"), ()).await.expect_problem(status, code);
        client.post(&path("activate"), ()).await.expect_problem(status, code);
    }
    let nobody = UserId::new();
    let path = |action: &str| format!("/users/{nobody}/{action}");
    root.client.put(&path("roles"), &roles).await.expect_problem(404, "USER_NOT_FOUND");
    root.client.post(&path("suspend"), ()).await.expect_problem(404, "USER_NOT_FOUND");
    root.client.post(&path("activate"), ()).await.expect_problem(404, "USER_NOT_FOUND");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn roles_hold_from_the_next_token_on(pool: PgPool) {
    let fixture = start(&pool).await;
    let root = join_admin(&fixture, &pool, "boss").await;
    let ada = join(&fixture, "ada").await;
    let path = format!("/users/{}/roles", ada.id);
    let promoted = root.client.put(&path, json!({"roles": ["ADMIN", "ADMIN"]})).await.expect(200);
    assert_eq!(promoted["roles"], json!(["USER", "ADMIN"]));
    let token = json!({"refreshToken": ada.refresh_token()});
    let auth = fixture.app.anonymous().post("/auth/refresh", token).await.expect(200);
    assert_eq!(auth["user"]["roles"], json!(["USER", "ADMIN"]));

    let admin = sign_in(&fixture, "ada").await;
    let demoted = root.client.put(&path, json!({"roles": ["USER"]})).await.expect(200);
    assert_eq!(demoted["roles"], json!(["USER"]));
    // Her token still names the role, but the database decides.
    admin.client.put(&path, json!({"roles": ["ADMIN"]})).await.expect_problem(403, "FORBIDDEN");
    for bad in [json!({"roles": []}), json!({"roles": ["KING"]}), json!({})] {
        root.client.put(&path, bad).await.expect_problem(400, "VALIDATION_FAILED");
    }
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_suspended_account_can_neither_sign_in_nor_stay_signed_in(pool: PgPool) {
    let fixture = start(&pool).await;
    let root = join_admin(&fixture, &pool, "boss").await;
    let ada = join(&fixture, "ada").await;
    let anonymous = fixture.app.anonymous();
    let path = |action: &str| format!("/users/{}/{action}", ada.id);
    for _ in 0..2 {
        let account = root.client.post(&path("suspend"), ()).await.expect(200);
        assert_eq!(account["active"], false);
    }
    assert_eq!(try_refresh(&anonymous, ada.refresh_token()).await, 401);
    // Only someone who knows the password learns of the suspension.
    let login = |password: &str| json!({"email": "ada", "password": password});
    anonymous.post("/auth/login", login(PASSWORD)).await.expect_problem(403, "ACCOUNT_SUSPENDED");
    anonymous.post("/auth/login", login("wrong")).await.expect_problem(401, "WRONG_CREDENTIALS");
    // The access token is still good.
    let change = json!({"currentPassword": PASSWORD, "newPassword": "another horse"});
    ada.client.post("/auth/password", change).await.expect_problem(403, "ACCOUNT_SUSPENDED");
    let delete = ada.client.raw(
        http::Method::DELETE,
        "/users/me",
        "application/json",
        r#"{"password":"correct horse"}"#,
    );
    delete.await.expect_problem(403, "ACCOUNT_SUSPENDED");

    for _ in 0..2 {
        let account = root.client.post(&path("activate"), ()).await.expect(200);
        assert_eq!(account["active"], true);
    }
    assert_eq!(try_login(&anonymous, "ada", PASSWORD).await, 200);
    assert_eq!(try_refresh(&anonymous, ada.refresh_token()).await, 401, "that session is over");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn administrators_cannot_lower_themselves(pool: PgPool) {
    let fixture = start(&pool).await;
    let root = join_admin(&fixture, &pool, "boss").await;
    let path = |action: &str| format!("/users/{}/{action}", root.id);
    let demote = json!({"roles": ["USER"]});
    root.client.put(&path("roles"), demote).await.expect_problem(409, "OWN_ACCOUNT");
    root.client.post(&path("suspend"), ()).await.expect_problem(409, "OWN_ACCOUNT");
    let same = json!({"roles": ["USER", "ADMIN"]});
    root.client.put(&path("roles"), same).await.expect(200);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn administrators_who_lower_one_another_at_once_leave_one(pool: PgPool) {
    let fixture = start(&pool).await;
    let mut admins = Vec::new();
    for i in 0..4 {
        admins.push(join_admin(&fixture, &pool, &format!("admin{i}")).await);
    }
    // Each suspends, demotes the next, and deletes their own account, all at once.
    let mut calls = Vec::new();
    for (i, admin) in admins.iter().enumerate() {
        let next = admins[(i + 1) % admins.len()].id;
        let client = admin.client.clone();
        calls.push(tokio::spawn(async move {
            let demote = json!({"roles": ["USER"]});
            match i % 2 {
                0 => client.post(&format!("/users/{next}/suspend"), ()).await,
                _ => client.put(&format!("/users/{next}/roles"), demote).await,
            }
        }));
        let client = admin.client.clone();
        calls.push(tokio::spawn(async move {
            let body = json!({"password": PASSWORD}).to_string();
            client.raw(http::Method::DELETE, "/users/me", "application/json", &body).await
        }));
    }
    let mut statuses = Vec::new();
    for call in calls {
        let answer: Answer = call.await.unwrap();
        statuses.push(answer.status.as_u16());
    }
    let left: Vec<Value> = sqlx::query_scalar(
        "select to_jsonb(username) from users where active and 'ADMIN' = any (roles)",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(left.len(), 1, "{left:?} after {statuses:?}");
    assert!(statuses.iter().all(|status| [200, 403, 404, 409].contains(status)), "{statuses:?}");
}
