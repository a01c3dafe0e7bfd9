//! `/users/{id}`, and the identity headers.

use auth::identity::{X_USER_ID, X_USER_ROLES, X_USERNAME};
use ids::UserId;
use sqlx::PgPool;
use testkit::user;

use crate::support::{ada, register, start};

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn everyone_sees_a_profile_and_only_its_owner_the_email(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    let session = register(&client, ada()).await;
    let id = session["user"]["id"].as_str().unwrap();
    let public = client.get(&format!("/users/{id}")).await.expect(200);
    assert_eq!(public["firstName"], "Ada");
    assert!(public.get("email").is_none());

    let mut identity = user("ada");
    identity.id = id.parse().unwrap();
    let own = client.forwarded_for(&identity).get("/users/me").await.expect(200);
    assert_eq!(own["email"], "ada@example.com");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn absent_and_malformed_ids_are_told_apart(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    let absent = format!("/users/{}", UserId::new());
    client.get(&absent).await.expect_problem(404, "USER_NOT_FOUND");
    let problem = client.get("/users/not-an-id").await.expect_problem(400, "VALIDATION_FAILED");
    assert!(problem["errors"]["id"].is_array(), "{problem}");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn identity_headers_count_only_beside_the_internal_token(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    let session = register(&client, ada()).await;
    let forged = client
        .with_header(X_USER_ID.as_str(), session["user"]["id"].as_str().unwrap())
        .with_header(X_USERNAME.as_str(), "ada")
        .with_header(X_USER_ROLES.as_str(), "USER,ADMIN");
    forged.get("/users/me").await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let guessed = forged.with_header("x-internal-token", "internal-token-of-the-testz");
    guessed.get("/users/me").await.expect_problem(401, "AUTHENTICATION_REQUIRED");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn names_are_looked_up_for_other_services_only(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    let session = register(&client, ada()).await;
    let body = serde_json::json!({"ids": [session["user"]["id"], UserId::new()]});
    client.post("/internal/users/lookup", &body).await.expect_problem(404, "ROUTE_NOT_FOUND");
    let found = client.internal().post("/internal/users/lookup", &body).await.expect(200);
    assert_eq!(found["users"].as_array().unwrap().len(), 1);
    assert_eq!(found["users"][0]["username"], "ada");
}
