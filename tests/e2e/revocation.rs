//! Access tokens end with their sessions, at the gateway, whatever ends them.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};
use testkit::{Client, eventually};

use crate::{
    fleet::Fleet,
    people::{account, prompt},
};

/// The time in which the gateway must know that a session has ended.
const BOUND: Duration = Duration::from_secs(2);

/// A session of a user.
struct Session {
    auth: Value,
    client: Client,
}

impl Session {
    fn of(fleet: &Fleet, auth: Value) -> Self {
        let client = fleet.client().with_bearer(auth["accessToken"].as_str().unwrap());
        Self { auth, client }
    }

    async fn registered(fleet: &Fleet, name: &str) -> Self {
        let auth = fleet.client().post("/auth/register", account(name)).await.expect(201);
        Self::of(fleet, auth)
    }

    async fn signed_in(fleet: &Fleet, name: &str) -> Self {
        let login = json!({"email": name, "password": account(name)["password"]});
        Self::of(fleet, fleet.client().post("/auth/login", login).await.expect(200))
    }

    fn refresh_token(&self) -> Value {
        json!({"refreshToken": self.auth["refreshToken"]})
    }

    fn id(&self) -> &str {
        self.auth["user"]["id"].as_str().unwrap()
    }

    /// Waits until the access token is refused, within the bound, on routes of every kind.
    async fn ends(&self, why: &str) {
        let started = Instant::now();
        eventually(why, || async {
            let answer = self.client.get("/prompts/public").await;
            (answer.status == 401).then_some(())
        })
        .await;
        let took = started.elapsed();
        assert!(took < BOUND, "{why} took {took:?}");
        for path in ["/users/me", "/auth/sessions", "/analytics/stats", "/api/tests/providers"] {
            self.client.get(path).await.expect_problem(401, "INVALID_TOKEN");
        }
        let post = self.client.post("/prompts", prompt("Too late")).await;
        post.expect_problem(401, "INVALID_TOKEN");
    }

    async fn goes_on(&self) {
        self.client.get("/prompts/public").await.expect(200);
        self.client.get("/users/me").await.expect(200);
    }
}

async fn with_admin() -> (Fleet, Session) {
    let password = account("root")["password"].as_str().unwrap().to_owned();
    let settings = [("ADMIN_EMAIL", "root@example.com"), ("ADMIN_PASSWORD", &*password)];
    let fleet = Fleet::start_with(&settings).await;
    eventually("the first administrator", || async {
        let found = fleet.client().get("/users/by-username/root").await;
        (found.status == 200).then_some(())
    })
    .await;
    let root = Session::signed_in(&fleet, "root").await;
    (fleet, root)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_is_refused_within_two_seconds_of_whatever_ends_its_session() {
    let (fleet, root) = with_admin().await;
    let ada = Session::registered(&fleet, "ada").await;
    let eve = Session::registered(&fleet, "eve").await;

    let phone = Session::signed_in(&fleet, "ada").await;
    phone.goes_on().await;
    phone.client.post("/auth/logout", phone.refresh_token()).await.expect(204);
    phone.ends("signing out").await;

    let phone = Session::signed_in(&fleet, "ada").await;
    let sessions = ada.client.get("/auth/sessions").await.expect(200);
    let path = format!("/auth/sessions/{}", sessions[0]["id"].as_str().unwrap());
    ada.client.delete(&path).await.expect(204);
    phone.ends("the end of that session").await;

    let phone = Session::signed_in(&fleet, "ada").await;
    let password = &account("ada")["password"];
    let change = json!({"currentPassword": password, "newPassword": password});
    ada.client.post("/auth/password", change).await.expect(204);
    phone.ends("another password").await;
    ada.goes_on().await;

    let phone = Session::signed_in(&fleet, "ada").await;
    phone.client.post("/auth/logout-all", ()).await.expect(204);
    phone.ends("signing out everywhere").await;
    ada.ends("signing out everywhere, elsewhere").await;
    // A login right after that is good.
    let ada = Session::signed_in(&fleet, "ada").await;
    ada.goes_on().await;

    let roles = format!("/users/{}/roles", ada.id());
    root.client.put(&roles, json!({"roles": ["USER", "ADMIN"]})).await.expect(200);
    let signed_in_since = Session::signed_in(&fleet, "ada").await;
    let refreshed = fleet.client().post("/auth/refresh", ada.refresh_token()).await.expect(200);
    let refreshed = Session::of(&fleet, refreshed);
    ada.ends("another role").await;
    for session in [&refreshed, &signed_in_since] {
        session.client.get("/users?role=ADMIN").await.expect(200);
    }
    root.client.put(&roles, json!({"roles": ["USER"]})).await.expect(200);
    refreshed.ends("the end of the role").await;
    let ada = Session::signed_in(&fleet, "ada").await;
    ada.client.get("/users").await.expect_problem(403, "FORBIDDEN");

    root.client.post(&format!("/users/{}/suspend", ada.id()), ()).await.expect(200);
    ada.ends("suspension").await;
    root.client.post(&format!("/users/{}/activate", ada.id()), ()).await.expect(200);
    let ada = Session::signed_in(&fleet, "ada").await;
    ada.goes_on().await;

    let body = json!({"password": account("ada")["password"]});
    let deleted = ada.client.try_call(Method::DELETE, "/users/me", Some(&body)).await.unwrap();
    deleted.expect(200);
    ada.ends("deletion").await;
    eve.goes_on().await;
    root.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gateway_knows_outlives_the_user_service_and_what_it_missed_is_learned() {
    let fleet = Fleet::start().await;
    let (ada, eve) =
        (Session::registered(&fleet, "ada").await, Session::registered(&fleet, "eve").await);
    ada.client.post("/auth/logout-all", ()).await.expect(204);
    eventually("the gateway to know", || async {
        let answer = ada.client.get("/prompts/public").await;
        (answer.status == 401).then_some(())
    })
    .await;
    // While the user service is away, nothing asks it, and known revocations stay in force.
    fleet.kill("user");
    for _ in 0..20 {
        ada.client.get("/prompts/public").await.expect_problem(401, "INVALID_TOKEN");
        eve.client.get("/prompts/my-prompts").await.expect(200);
    }
    // A gateway that starts meanwhile judges no token, and serves requests without one.
    fleet.kill("gateway");
    fleet.spawn("gateway");
    eventually("the gateway to answer", || async {
        let answer = fleet.client().try_call(Method::GET, "/prompts/public", None::<&()>).await;
        answer.is_ok_and(|answer| answer.status == 200).then_some(())
    })
    .await;
    eve.client.get("/prompts/my-prompts").await.expect_problem(503, "DEPENDENCY_UNAVAILABLE");

    fleet.spawn("user");
    fleet.ready("user").await;
    fleet.ready("gateway").await;
    ada.client.get("/prompts/public").await.expect_problem(401, "INVALID_TOKEN");
    eve.client.get("/prompts/my-prompts").await.expect(200);
}
