//! A premium prompt, and every request that could give its content away.

use auth::Identity;
use http::Method;
use ids::LicenseId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Client, user};

use crate::support::{Fixture, create, path, start};

/// A secret of each version, beyond the preview that everyone may see.
pub const SECRETS: [&str; 3] = ["quixotic", "zephyrine", "obsidian"];

pub fn content(secret: &str) -> String {
    format!("{} {secret} {{{{topic}}}}", "Everyone may read this part. ".repeat(10))
}

/// A premium prompt of three versions, and people with every kind of right to it.
pub struct PremiumFixture {
    pub fixture: Fixture,
    pub author: Identity,
    pub prompt: Value,
    /// Has a licence from version 3 on.
    pub holder: Identity,
    pub expired: Identity,
    pub revoked: Identity,
}

impl PremiumFixture {
    pub async fn start(pool: &PgPool) -> Self {
        let fixture = start(pool).await;
        let author = user("ada");
        let client = fixture.app.anonymous().forwarded_for(&author);
        let first = json!({
            "title": "Write verse", "content": content(SECRETS[0]), "category": "Poetry",
            "tags": ["verse"],
        });
        let prompt = create(&client, first).await;
        for secret in &SECRETS[1..] {
            client.put(&path(&prompt), json!({"content": content(secret)})).await.expect(200);
        }
        let internal = fixture.app.anonymous().internal();
        // The same digits as the marketplace writes.
        let body = r#"{"premium":true,"price":9.90,"revision":1}"#;
        let set_premium = format!("/internal{}/premium", path(&prompt));
        internal.raw(Method::PUT, &set_premium, "application/json", body).await.expect(200);
        let [holder, expired, revoked] = ["holder", "expired", "revoked"].map(user);
        let premium = Self { fixture, author, prompt, holder, expired, revoked };
        premium.grant(&premium.holder, None).await;
        premium.grant(&premium.expired, Some("2020-01-01T00:00:00Z")).await;
        let license = premium.grant(&premium.revoked, None).await;
        premium.client(Some(&premium.author)).internal().delete(&license).await.expect(200);
        premium
    }

    /// Grants a licence from version 3 on, and returns its path.
    pub async fn grant(&self, who: &Identity, expires_at: Option<&str>) -> String {
        let license = format!("/internal{}/entitlements/{}", path(&self.prompt), LicenseId::new());
        let grant = json!({"userId": who.id, "version": 3, "expiresAt": expires_at});
        self.fixture.app.anonymous().internal().put(&license, grant).await.expect(200);
        license
    }

    pub fn client(&self, who: Option<&Identity>) -> Client {
        match who {
            Some(who) => self.fixture.app.anonymous().forwarded_for(who),
            None => self.fixture.app.anonymous(),
        }
    }

    /// Returns every request for the prompt, or for a thing made of it.
    fn requests(&self) -> Vec<(Method, String, Option<Value>)> {
        let (prompt, author) = (path(&self.prompt), self.author.id);
        let id = self.prompt["id"].as_str().unwrap();
        let mut gets = vec![
            prompt.clone(),
            format!("{prompt}?label=latest"),
            format!("{prompt}/versions"),
            format!("{prompt}/versions?include=content"),
            format!("{prompt}/versions/diff?from=1&to=2"),
            format!("{prompt}/versions/diff?from=2&to=3"),
            format!("{prompt}/versions/diff?from=3&to=1"),
            "/prompts/public".to_owned(),
            "/prompts/my-prompts".to_owned(),
            "/prompts/trending".to_owned(),
            "/prompts/top-rated".to_owned(),
            "/prompts/category/Poetry".to_owned(),
            "/prompts/tag/verse".to_owned(),
            "/prompts/tags".to_owned(),
            "/prompts/categories".to_owned(),
            format!("/prompts/user/{author}"),
            "/prompts/search?keyword=verse".to_owned(),
            "/prompts/public?include=content".to_owned(),
            "/prompts/trending?include=content".to_owned(),
            "/prompts/search?keyword=verse&include=content".to_owned(),
            "/prompts/suggest?q=verse".to_owned(),
            format!("{prompt}/related"),
            format!("/internal{prompt}"),
            format!("/api/social/comments/{id}"),
            format!("/api/social/ratings/{id}/all"),
            format!("/api/social/stats/{id}"),
        ];
        for version in 1..=SECRETS.len() {
            gets.push(format!("{prompt}?version={version}"));
            gets.push(format!("{prompt}/versions/{version}"));
            gets.push(format!("/internal{prompt}?version={version}"));
        }
        for secret in SECRETS {
            gets.push(format!("/prompts/search?keyword={secret}"));
            gets.push(format!("/prompts/suggest?q={secret}"));
        }
        let mut requests: Vec<_> = gets.into_iter().map(|path| (Method::GET, path, None)).collect();
        for version in 1..=SECRETS.len() {
            let render = json!({"variables": {"topic": "rain"}, "version": version});
            requests.push((Method::POST, format!("{prompt}/render"), Some(render)));
            let restore = format!("{prompt}/versions/{version}/restore");
            requests.push((Method::POST, restore, Some(json!({}))));
        }
        let change = json!({"title": "Stolen verse"});
        requests.push((Method::PUT, prompt.clone(), Some(change)));
        requests.push((Method::PUT, format!("{prompt}/labels/mine"), Some(json!({"version": 1}))));
        requests.push((Method::POST, format!("{prompt}/fork"), Some(json!({}))));
        requests
    }

    /// Sends every request, and returns those whose answers hold one of the secrets.
    pub async fn leaks(&self, who: Option<&Identity>, secrets: &[&str]) -> Vec<String> {
        let client = self.client(who);
        let mut leaks = Vec::new();
        for (method, path, body) in self.requests() {
            let answer = client.try_call(method.clone(), &path, body.as_ref()).await.unwrap();
            assert!(answer.status.as_u16() < 500, "{method} {path}: {}", answer.text);
            // The request's own path in an answer is no secret.
            let text = answer.text.replace(&format!("\"{path}\""), "");
            if secrets.iter().any(|secret| text.contains(secret)) {
                leaks.push(format!("{method} {path}"));
            }
        }
        leaks
    }
}
