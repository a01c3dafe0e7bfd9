//! Identity headers that a client sends itself.

use serde_json::json;

use crate::{
    fleet::Fleet,
    people::{prompt, register},
};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_becomes_someone_else_by_saying_so() {
    let fleet = Fleet::start().await;
    let ada = register(&fleet, "ada").await;
    let mut hidden = prompt("A secret");
    hidden["isPublic"] = json!(false);
    let hidden = ada.client.post("/prompts", hidden).await.expect(201);
    let path = format!("/prompts/{}", hidden["id"].as_str().unwrap());

    // The headers are sent through the gateway, in any spelling, and straight to the services.
    for (id, name, roles, token) in [
        ("x-user-id", "x-username", "x-user-roles", "x-internal-token"),
        ("x_user_id", "x_username", "x_user_roles", "x_internal_token"),
    ] {
        for entrance in [fleet.client(), fleet.direct("user")] {
            let forged = entrance
                .with_header(id, &ada.id)
                .with_header(name, "ada")
                .with_header(roles, "USER,ADMIN")
                .with_header(token, "a guess at the token");
            forged.get("/users/me").await.expect_problem(401, "AUTHENTICATION_REQUIRED");
        }
        for entrance in [fleet.client(), fleet.direct("prompt")] {
            let forged = entrance
                .with_header(id, &ada.id)
                .with_header(name, "ada")
                .with_header(roles, "ADMIN");
            forged.get(&path).await.expect_problem(404, "PROMPT_NOT_FOUND");
            forged.get("/prompts/my-prompts").await.expect_problem(401, "AUTHENTICATION_REQUIRED");
            forged.get(&format!("/internal{path}")).await.expect_problem(404, "ROUTE_NOT_FOUND");
        }
    }
    // With a good token and another user's id beside it, the token counts.
    let eve = register(&fleet, "eve").await;
    let me = eve.client.with_header("x-user-id", &ada.id).get("/users/me").await.expect(200);
    assert_eq!(me["username"], "eve");
}
