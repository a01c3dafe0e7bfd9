//! Calls that issue tokens and calls that end sessions, at the same time.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use auth::Identity;
use ids::SessionId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client};

use crate::support::{Fixture, PASSWORD, Person, identity, join, join_admin, start, until_waiting};

/// The clients that call, and every token pair that was ever issued.
struct Stage {
    anonymous: Client,
    boss: Client,
    id: String,
    given: Mutex<Vec<Value>>,
    dice: AtomicU64,
}

impl Stage {
    fn roll(&self, sides: u64) -> u64 {
        // An LCG (Knuth's MMIX); its high bits are good enough.
        let next = |seed: u64| {
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
        };
        let seed = self.dice.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |s| Some(next(s)));
        (seed.unwrap() >> 33) % sides
    }

    /// Returns one of the newest token pairs: most of the older ones are not good any more.
    fn any(&self) -> Value {
        let given = self.given.lock().unwrap();
        let newest = self.roll(4.min(given.len() as u64)) as usize;
        given[given.len() - 1 - newest].clone()
    }

    /// Makes a random call, and returns its name and the status.
    async fn act(&self) -> (&'static str, u16) {
        let auth = self.any();
        let person = self.anonymous.forwarded_for(&identity(&auth));
        let token = json!({"refreshToken": auth["refreshToken"]});
        let user = format!("/users/{}", self.id);
        let (what, answer) = match self.roll(24) {
            0..=3 => {
                let body = json!({"email": "ada", "password": PASSWORD});
                ("login", self.anonymous.post("/auth/login", body).await)
            }
            4..=13 => ("refresh", self.anonymous.post("/auth/refresh", token).await),
            14 => ("logout", person.post("/auth/logout", token).await),
            15 => {
                let path = format!("/auth/sessions/{}", identity(&auth).session.unwrap());
                ("end", person.delete(&path).await)
            }
            16 => ("logout-all", person.post("/auth/logout-all", ()).await),
            17 => {
                let body = json!({"currentPassword": PASSWORD, "newPassword": PASSWORD});
                ("password", person.post("/auth/password", body).await)
            }
            18..=20 => {
                let roles = match self.roll(2) {
                    0 => json!({"roles": ["USER"]}),
                    _ => json!({"roles": ["USER", "ADMIN"]}),
                };
                ("roles", self.boss.put(&format!("{user}/roles"), roles).await)
            }
            21 => ("suspend", self.boss.post(&format!("{user}/suspend"), ()).await),
            _ => ("activate", self.boss.post(&format!("{user}/activate"), ()).await),
        };
        if answer.status == 200 && answer.json.get("accessToken").is_some() {
            self.given.lock().unwrap().push(answer.json);
        }
        (what, answer.status.as_u16())
    }
}

async fn revoked(pool: &PgPool) -> Vec<SessionId> {
    sqlx::query_scalar("select sid from revocations").fetch_all(pool).await.unwrap()
}

/// Returns the tokens that are accepted although their session has ended or their roles have changed.
async fn wrongly_good(pool: &PgPool, given: &[Value]) -> Vec<Identity> {
    let (active, roles): (bool, Vec<String>) =
        sqlx::query_as("select active, roles from users where username = 'ada'")
            .fetch_one(pool)
            .await
            .unwrap();
    let live: Vec<SessionId> =
        sqlx::query_scalar("select coalesce(sid, id) from sessions where revoked_at is null")
            .fetch_all(pool)
            .await
            .unwrap();
    let revoked = revoked(pool).await;
    let is_wrong = |token: &Identity| {
        let named: Vec<String> = token.roles.iter().map(ToString::to_string).collect();
        let sid = token.session.unwrap();
        let is_founded = active && named == roles && live.contains(&sid);
        !is_founded && !revoked.contains(&sid)
    };
    given.iter().map(identity).filter(is_wrong).collect()
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn no_token_outlives_what_it_says_whatever_happens_at_once(pool: PgPool) {
    let fixture: Fixture = start(&pool).await;
    let boss = join_admin(&fixture, &pool, "boss").await;
    let ada: Person = join(&fixture, "ada").await;
    let stage = Arc::new(Stage {
        anonymous: fixture.app.anonymous(),
        boss: boss.client,
        id: ada.id.to_string(),
        given: Mutex::new(vec![ada.auth]),
        dice: AtomicU64::new(12),
    });
    let mut answered: HashMap<(&str, u16), usize> = HashMap::new();
    // Many small rounds: a later end of the session would hide a token that slipped through.
    for round in 0..80 {
        let calls = (0..8).map(|_| {
            let stage = stage.clone();
            tokio::spawn(async move { stage.act().await })
        });
        for call in calls.collect::<Vec<_>>() {
            *answered.entry(call.await.unwrap()).or_default() += 1;
        }
        let given = stage.given.lock().unwrap().clone();
        let wrong = wrongly_good(&pool, &given).await;
        assert!(wrong.is_empty(), "{wrong:?} in round {round} after {answered:?}");
    }
    // No call ends in a deadlock or another unforeseen error.
    assert!(answered.keys().all(|(_, status)| *status < 500), "{answered:?}");
    for expected in ["login", "refresh", "roles"] {
        assert!(answered.get(&(expected, 200)).is_some_and(|n| *n > 5), "{answered:?}");
    }
    assert!(!revoked(&pool).await.is_empty());
}

/// Lets a change of Ada's account go first, and a call that issues tokens wait for it; returns the
/// answer of the latter.
async fn behind(
    pool: &PgPool,
    change: impl Future<Output = Answer> + Send + 'static,
    sign_in: impl Future<Output = Answer> + Send + 'static,
) -> Answer {
    let mut held = pool.begin().await.unwrap();
    // The session that is refreshed is the last that a change of all sessions locks: a refresh of
    // another one would not wait for the change.
    let newest = "select id from sessions order by id desc limit 1 for update";
    sqlx::query(newest).execute(&mut *held).await.unwrap();
    let change = tokio::spawn(change);
    until_waiting(pool, 1).await;
    let sign_in = tokio::spawn(sign_in);
    until_waiting(pool, 2).await;
    held.rollback().await.unwrap();
    change.await.unwrap().expect(200);
    sign_in.await.unwrap()
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn tokens_that_wait_for_a_change_of_the_account_are_given_after_it_or_not_at_all(
    pool: PgPool,
) {
    let fixture = start(&pool).await;
    let boss = join_admin(&fixture, &pool, "boss").await;
    let ada = join(&fixture, "ada").await;
    let user = format!("/users/{}", ada.id);
    let roles = |roles: Value| {
        let (client, path) = (boss.client.clone(), format!("{user}/roles"));
        async move { client.put(&path, json!({"roles": roles})).await }
    };
    let post = |path: &str, body: Value| {
        let (client, path) = (boss.client.clone(), path.to_owned());
        async move { client.post(&path, body).await }
    };
    let token = json!({"refreshToken": ada.refresh_token()});
    let login = json!({"email": "ada", "password": PASSWORD});
    let suspend = format!("{user}/suspend");

    let refresh = post("/auth/refresh", token.clone());
    let refreshed = behind(&pool, roles(json!(["ADMIN"])), refresh).await.expect(200);
    let signed_in = behind(&pool, roles(json!(["USER"])), post("/auth/login", login.clone())).await;
    let given = [refreshed, signed_in.expect(200)];
    assert_eq!(given[0]["user"]["roles"], json!(["USER", "ADMIN"]));
    assert_eq!(given[1]["user"]["roles"], json!(["USER"]));
    assert_eq!(wrongly_good(&pool, &given).await, []);
    assert!(!revoked(&pool).await.contains(&identity(&given[1]).session.unwrap()));

    let refresh = post("/auth/refresh", json!({"refreshToken": given[1]["refreshToken"]}));
    let refused = behind(&pool, post(&suspend, json!(null)), refresh).await;
    refused.expect_problem(401, "INVALID_REFRESH_TOKEN");
    boss.client.post(&format!("{user}/activate"), ()).await.expect(200);
    fixture.app.anonymous().post("/auth/login", &login).await.expect(200);
    let refused = behind(&pool, post(&suspend, json!(null)), post("/auth/login", login)).await;
    refused.expect_problem(403, "ACCOUNT_SUSPENDED");
}
