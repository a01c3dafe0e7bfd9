//! What gives out tokens and what ends sessions, all at once.

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
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use testkit::Client;

use crate::support::{Fixture, PASSWORD, Person, identity, join, join_admin, start};

/// Everyone who acts, and every access token that was ever given out.
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

    fn any(&self) -> Value {
        let given = self.given.lock().unwrap();
        given[self.roll(given.len() as u64) as usize].clone()
    }

    /// One call, by anyone; what it was and how it was answered.
    async fn act(&self) -> (&'static str, u16) {
        let auth = self.any();
        let person = self.anonymous.forwarded_for(&identity(&auth));
        let token = json!({"refreshToken": auth["refreshToken"]});
        let user = format!("/users/{}", self.id);
        let (what, answer) = match self.roll(12) {
            0..=2 => {
                let body = json!({"email": "ada", "password": PASSWORD});
                ("login", self.anonymous.post("/auth/login", body).await)
            }
            3..=5 => ("refresh", self.anonymous.post("/auth/refresh", token).await),
            6 => ("logout", person.post("/auth/logout", token).await),
            7 => {
                let path = format!("/auth/sessions/{}", identity(&auth).session.unwrap());
                ("end", person.delete(&path).await)
            }
            8 => match self.roll(3) {
                0 => ("logout-all", person.post("/auth/logout-all", ()).await),
                _ => {
                    let body = json!({"currentPassword": PASSWORD, "newPassword": PASSWORD});
                    ("password", person.post("/auth/password", body).await)
                }
            },
            9 => {
                let roles =
                    [json!(["USER"]), json!(["USER", "ADMIN"])][self.roll(2) as usize].clone();
                ("roles", self.boss.put(&format!("{user}/roles"), json!({"roles": roles})).await)
            }
            10 => ("suspend", self.boss.post(&format!("{user}/suspend"), ()).await),
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

/// Those of the tokens that are accepted, though nothing stands behind them any more.
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
        !revoked.contains(&sid) && !(active && named == roles && live.contains(&sid))
    };
    given.iter().map(identity).filter(is_wrong).collect()
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn no_token_outlives_what_it_says_whatever_happens_at_once(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture: Fixture = start(&database).await;
    let pool = pool.connect_with(database.clone()).await.unwrap();
    let boss = join_admin(&fixture, &database, "boss").await;
    let ada: Person = join(&fixture, "ada").await;
    let stage = Arc::new(Stage {
        anonymous: fixture.app.anonymous(),
        boss: boss.client,
        id: ada.id.to_string(),
        given: Mutex::new(vec![ada.auth]),
        dice: AtomicU64::new(12),
    });
    let actors = (0..8).map(|_| {
        let stage = stage.clone();
        tokio::spawn(async move {
            let mut answers = Vec::new();
            for _ in 0..40 {
                answers.push(stage.act().await);
            }
            answers
        })
    });
    let mut answered: HashMap<(&str, u16), usize> = HashMap::new();
    for actor in actors.collect::<Vec<_>>() {
        for answer in actor.await.unwrap() {
            *answered.entry(answer).or_default() += 1;
        }
    }
    // No deadlock, and nothing else that nobody foresaw.
    assert!(answered.keys().all(|(_, status)| *status < 500), "{answered:?}");
    let given = stage.given.lock().unwrap().clone();
    assert!(given.len() > 20 && !revoked(&pool).await.is_empty(), "{answered:?}");
    let wrong = wrongly_good(&pool, &given).await;
    assert!(wrong.is_empty(), "{wrong:?} of {} after {answered:?}", given.len());
}
