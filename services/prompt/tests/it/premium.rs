//! What a premium prompt withholds, on every route that could give it away.

use auth::Identity;
use http::Method;
use ids::LicenseId;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use testkit::{Client, user};

use crate::support::{Fixture, admin, create, path, start};

/// One for each version, beyond what everyone may see.
const SECRETS: [&str; 3] = ["quixotic", "zephyrine", "obsidian"];

fn content(secret: &str) -> String {
    format!("{} {secret} {{{{topic}}}}", "Everyone may read this part. ".repeat(10))
}

/// A premium prompt of three versions, and people with every kind of right to it.
struct Sale {
    fixture: Fixture,
    author: Identity,
    prompt: Value,
    /// Licensed from version 3 on.
    holder: Identity,
    expired: Identity,
    revoked: Identity,
}

impl Sale {
    async fn start(database: &PgConnectOptions) -> Self {
        let fixture = start(database).await;
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
        // Digit for digit, as the marketplace writes it.
        let premium = r#"{"premium":true,"price":9.90,"revision":1}"#;
        let set_premium = format!("/internal{}/premium", path(&prompt));
        internal.raw(Method::PUT, &set_premium, "application/json", premium).await.expect(200);
        let [holder, expired, revoked] = ["holder", "expired", "revoked"].map(user);
        let sale = Self { fixture, author, prompt, holder, expired, revoked };
        sale.grant(&sale.holder, None).await;
        sale.grant(&sale.expired, Some("2020-01-01T00:00:00Z")).await;
        let license = sale.grant(&sale.revoked, None).await;
        sale.client(Some(&sale.author)).internal().delete(&license).await.expect(200);
        sale
    }

    /// A licence from version 3 on; its path.
    async fn grant(&self, who: &Identity, expires_at: Option<&str>) -> String {
        let license = format!("/internal{}/entitlements/{}", path(&self.prompt), LicenseId::new());
        let grant = json!({"userId": who.id, "version": 3, "expiresAt": expires_at});
        self.fixture.app.anonymous().internal().put(&license, grant).await.expect(200);
        license
    }

    fn client(&self, who: Option<&Identity>) -> Client {
        match who {
            Some(who) => self.fixture.app.anonymous().forwarded_for(who),
            None => self.fixture.app.anonymous(),
        }
    }

    /// Every way to ask for the prompt, or for something made of it.
    fn ways(&self) -> Vec<(Method, String, Option<Value>)> {
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
        }
        let mut ways: Vec<_> = gets.into_iter().map(|path| (Method::GET, path, None)).collect();
        for version in 1..=SECRETS.len() {
            let render = json!({"variables": {"topic": "rain"}, "version": version});
            ways.push((Method::POST, format!("{prompt}/render"), Some(render)));
            let restore = format!("{prompt}/versions/{version}/restore");
            ways.push((Method::POST, restore, Some(json!({}))));
        }
        let change = json!({"title": "Stolen verse"});
        ways.push((Method::PUT, prompt.clone(), Some(change)));
        ways.push((Method::PUT, format!("{prompt}/labels/mine"), Some(json!({"version": 1}))));
        ways.push((Method::POST, format!("{prompt}/fork"), Some(json!({}))));
        ways
    }

    /// Asks in every way, and returns which answers hold one of these words.
    async fn leaks(&self, who: Option<&Identity>, secrets: &[&str]) -> Vec<String> {
        let client = self.client(who);
        let mut leaks = Vec::new();
        for (method, path, body) in self.ways() {
            let answer = client.try_call(method.clone(), &path, body.as_ref()).await.unwrap();
            assert!(answer.status.as_u16() < 500, "{method} {path}: {}", answer.text);
            // What an answer says of the request itself is no secret.
            let text = answer.text.replace(&format!("\"{path}\""), "");
            if secrets.iter().any(|secret| text.contains(secret)) {
                leaks.push(format!("{method} {path}"));
            }
        }
        leaks
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn no_route_gives_withheld_content_away(_: PgPoolOptions, database: PgConnectOptions) {
    let sale = Sale::start(&database).await;
    let stranger = user("eve");
    for who in [None, Some(&stranger), Some(&sale.expired), Some(&sale.revoked)] {
        let leaks = sale.leaks(who, &SECRETS).await;
        assert!(leaks.is_empty(), "{:?}: {leaks:?}", who.map(|who| &who.username));
        // Nor is it found by what is withheld: guessing words would tell them one by one.
        let found = sale
            .client(who)
            .get(&format!("/prompts/search?keyword={}", SECRETS[2]))
            .await
            .expect(200);
        assert_eq!(found["content"], json!([]));
    }
    // The same questions do tell who may know.
    let told = sale.leaks(Some(&sale.author), &SECRETS).await;
    assert!(told.len() > 20, "{told:?}");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_holder_reads_the_licensed_version_and_newer_and_no_older(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let sale = Sale::start(&database).await;
    let leaks = sale.leaks(Some(&sale.holder), &SECRETS[..2]).await;
    assert!(leaks.is_empty(), "{leaks:?}");

    let prompt = path(&sale.prompt);
    let holder = sale.client(Some(&sale.holder));
    for way in [
        prompt.clone(),
        format!("{prompt}?version=3"),
        format!("{prompt}/versions?include=content"),
        format!("{prompt}/versions/3"),
        format!("/internal{prompt}"),
        "/prompts/public?include=content".to_owned(),
    ] {
        let answer = holder.get(&way).await;
        assert!(answer.text.contains(SECRETS[2]), "{way}: {}", answer.text);
    }
    let older = holder.get(&format!("{prompt}?version=2")).await.expect(200);
    assert_eq!((&older["content"], &older["version"]), (&json!(null), &json!(2)));
    let refused = holder.get(&format!("{prompt}/versions/2")).await;
    refused.expect_problem(403, "LICENSE_REQUIRED");
    let versions = holder.get(&format!("{prompt}/versions")).await.expect(200);
    assert_eq!(versions["totalElements"], 1);

    // What comes after is in the licence.
    let newer = json!({"content": content("amaranth")});
    sale.client(Some(&sale.author)).put(&prompt, newer).await.expect(200);
    let read = holder.get(&prompt).await.expect(200);
    assert!(read["content"].as_str().unwrap().contains("amaranth"));
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_author_and_an_admin_read_every_version(_: PgPoolOptions, database: PgConnectOptions) {
    let sale = Sale::start(&database).await;
    let prompt = path(&sale.prompt);
    let root = admin("root");
    for who in [&sale.author, &root] {
        let client = sale.client(Some(who));
        for (i, secret) in SECRETS.iter().enumerate() {
            let version = i + 1;
            for way in [
                format!("{prompt}?version={version}"),
                format!("{prompt}/versions/{version}"),
                format!("/internal{prompt}?version={version}"),
            ] {
                let answer = client.get(&way).await;
                assert!(answer.text.contains(secret), "{way}: {}", answer.text);
            }
        }
        let versions = client.get(&format!("{prompt}/versions")).await.expect(200);
        assert_eq!(versions["totalElements"], 3);
        assert!(client.get("/prompts/public?include=content").await.text.contains(SECRETS[2]));
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn everyone_sees_the_rest_of_a_premium_prompt(_: PgPoolOptions, database: PgConnectOptions) {
    let sale = Sale::start(&database).await;
    let answer = sale.client(None).get(&path(&sale.prompt)).await;
    assert!(answer.text.contains(r#""price":9.90"#), "exact to the cent: {}", answer.text);
    let shown = answer.expect(200);
    assert_eq!((&shown["isPremium"], &shown["content"]), (&json!(true), &json!(null)));
    assert_eq!(shown["title"], "Write verse");
    let preview: String = content("").chars().take(200).collect();
    assert_eq!(shown["contentPreview"], preview);
    assert_eq!(shown["variables"], json!([]), "the preview has none");
    let versions = sale.client(None).get(&format!("{}/versions", path(&sale.prompt))).await;
    versions.expect_problem(403, "LICENSE_REQUIRED");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_revoked_licence_stays_revoked_in_whatever_order_the_calls_come(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let sale = Sale::start(&database).await;
    let internal = sale.fixture.app.anonymous().internal();
    let eve = user("eve");
    let grant = json!({"userId": eve.id, "version": 1});
    let reads = async || {
        sale.client(Some(&eve)).get(&path(&sale.prompt)).await.expect(200)["content"].is_string()
    };
    let license = || format!("/internal{}/entitlements/{}", path(&sale.prompt), LicenseId::new());

    let granted_first = license();
    for _ in 0..2 {
        let now = internal.put(&granted_first, &grant).await.expect(200);
        assert_eq!((&now["userId"], &now["version"]), (&json!(eve.id), &json!(1)));
        assert_eq!((&now["expiresAt"], &now["revokedAt"]), (&json!(null), &json!(null)));
        assert!(reads().await);
    }
    let revoked = internal.delete(&granted_first).await.expect(200);
    assert_eq!(internal.delete(&granted_first).await.expect(200), revoked, "once is enough");
    let late = internal.put(&granted_first, &grant).await.expect(200);
    assert_eq!(late, revoked);
    assert!(late["revokedAt"].is_string() && !reads().await);

    let revoked_first = license();
    internal.delete(&revoked_first).await.expect(200);
    assert!(internal.put(&revoked_first, &grant).await.expect(200)["revokedAt"].is_string());
    assert!(!reads().await);

    // One of two licences is enough, and the wider one counts.
    let (narrow, wide) = (license(), license());
    internal.put(&narrow, json!({"userId": eve.id, "version": 3})).await.expect(200);
    internal.put(&wide, &grant).await.expect(200);
    let first = format!("{}/versions/1", path(&sale.prompt));
    sale.client(Some(&eve)).get(&first).await.expect(200);
    internal.delete(&wide).await.expect(200);
    assert!(reads().await);
    sale.client(Some(&eve)).get(&first).await.expect_problem(403, "LICENSE_REQUIRED");
}

/// What was paid for stays readable, and nobody else learns of it.
#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_holder_keeps_what_its_author_hides(_: PgPoolOptions, database: PgConnectOptions) {
    let sale = Sale::start(&database).await;
    let prompt = path(&sale.prompt);
    let like = json!({"promptId": sale.prompt["id"]});
    let stranger = user("eve");
    let strangers = [None, Some(&stranger), Some(&sale.expired), Some(&sale.revoked)];
    for hidden in [json!({"visibility": "PRIVATE"}), json!({"status": "DRAFT"})] {
        sale.client(Some(&sale.author)).put(&prompt, hidden).await.expect(200);
        let seen = sale.client(Some(&sale.holder)).get(&prompt).await.expect(200);
        assert_eq!(seen["content"], content(SECRETS[2]));
        for who in strangers {
            sale.client(who).get(&prompt).await.expect_problem(404, "PROMPT_NOT_FOUND");
        }
    }
    let client = sale.client(Some(&sale.holder));
    client.post("/api/social/likes", &like).await.expect(201);
    let client = sale.client(Some(&stranger));
    client.post("/api/social/likes", &like).await.expect_problem(404, "PROMPT_NOT_FOUND");

    // No longer on sale: what came before the licensed version is still nobody else's, and a copy would
    // make public what is hidden.
    let over = json!({"premium": false, "price": null, "revision": 9});
    let client = sale.client(None).internal();
    client.put(&format!("/internal{prompt}/premium"), over).await.expect(200);
    let client = sale.client(Some(&sale.holder));
    let seen = client.get(&prompt).await.expect(200);
    assert_eq!(seen["content"], content(SECRETS[2]));
    let older = client.get(&format!("{prompt}/versions/1")).await;
    older.expect_problem(403, "LICENSE_REQUIRED");
    let fork = client.post(&format!("{prompt}/fork"), json!({"visibility": "PUBLIC"})).await;
    fork.expect_problem(403, "PREMIUM_NOT_FORKABLE");

    let forget = format!("/internal/users/{}", sale.author.id);
    assert_eq!(sale.client(None).internal().delete(&forget).await.status, 204);
    let seen = sale.client(Some(&sale.holder)).get(&prompt).await.expect(200);
    assert_eq!((&seen["username"], &seen["version"]), (&json!("deleted-user"), &json!(3)));
}
