//! The content that a premium prompt withholds, on every route that could give it away.

use ids::LicenseId;
use serde_json::json;
use sqlx::PgPool;
use testkit::user;

use crate::{
    premium_fixture::{PremiumFixture, SECRETS, content},
    support::{admin, path},
};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn no_route_gives_withheld_content_away(pool: PgPool) {
    let premium = PremiumFixture::start(&pool).await;
    let stranger = user("eve");
    for who in [None, Some(&stranger), Some(&premium.expired), Some(&premium.revoked)] {
        let leaks = premium.leaks(who, &SECRETS).await;
        assert!(leaks.is_empty(), "{:?}: {leaks:?}", who.map(|who| &who.username));
        // A search does not find it by withheld words: guesses would reveal them one by one.
        let found = premium
            .client(who)
            .get(&format!("/prompts/search?keyword={}", SECRETS[2]))
            .await
            .expect(200);
        assert_eq!(found["content"], json!([]));
    }
    // The same requests do answer those who may read.
    let told = premium.leaks(Some(&premium.author), &SECRETS).await;
    assert!(told.len() > 20, "{told:?}");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_holder_reads_the_licensed_version_and_newer_and_no_older(pool: PgPool) {
    let premium = PremiumFixture::start(&pool).await;
    let leaks = premium.leaks(Some(&premium.holder), &SECRETS[..2]).await;
    assert!(leaks.is_empty(), "{leaks:?}");

    let prompt = path(&premium.prompt);
    let holder = premium.client(Some(&premium.holder));
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

    // The licence covers later versions.
    let newer = json!({"content": content("amaranth")});
    premium.client(Some(&premium.author)).put(&prompt, newer).await.expect(200);
    let read = holder.get(&prompt).await.expect(200);
    assert!(read["content"].as_str().unwrap().contains("amaranth"));
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_author_and_an_admin_read_every_version(pool: PgPool) {
    let premium = PremiumFixture::start(&pool).await;
    let prompt = path(&premium.prompt);
    let root = admin("root");
    for who in [&premium.author, &root] {
        let client = premium.client(Some(who));
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
async fn everyone_sees_the_rest_of_a_premium_prompt(pool: PgPool) {
    let premium = PremiumFixture::start(&pool).await;
    let answer = premium.client(None).get(&path(&premium.prompt)).await;
    assert!(answer.text.contains(r#""price":9.90"#), "exact to the cent: {}", answer.text);
    let shown = answer.expect(200);
    assert_eq!((&shown["isPremium"], &shown["content"]), (&json!(true), &json!(null)));
    assert_eq!(shown["title"], "Write verse");
    let preview: String = content("").chars().take(200).collect();
    assert_eq!(shown["contentPreview"], preview);
    assert_eq!(shown["variables"], json!([]), "the preview has none");
    let versions = premium.client(None).get(&format!("{}/versions", path(&premium.prompt))).await;
    versions.expect_problem(403, "LICENSE_REQUIRED");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_revoked_licence_stays_revoked_in_whatever_order_the_calls_come(pool: PgPool) {
    let premium = PremiumFixture::start(&pool).await;
    let internal = premium.fixture.app.anonymous().internal();
    let eve = user("eve");
    let grant = json!({"userId": eve.id, "version": 1});
    let reads = async || {
        premium.client(Some(&eve)).get(&path(&premium.prompt)).await.expect(200)["content"]
            .is_string()
    };
    let license =
        || format!("/internal{}/entitlements/{}", path(&premium.prompt), LicenseId::new());

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

    // Of two licences the wider one counts.
    let (narrow, wide) = (license(), license());
    internal.put(&narrow, json!({"userId": eve.id, "version": 3})).await.expect(200);
    internal.put(&wide, &grant).await.expect(200);
    let first = format!("{}/versions/1", path(&premium.prompt));
    premium.client(Some(&eve)).get(&first).await.expect(200);
    internal.delete(&wide).await.expect(200);
    assert!(reads().await);
    premium.client(Some(&eve)).get(&first).await.expect_problem(403, "LICENSE_REQUIRED");
}

/// A sold version stays readable for its holder, and hidden from everyone else.
#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_holder_keeps_what_its_author_hides(pool: PgPool) {
    let premium = PremiumFixture::start(&pool).await;
    let prompt = path(&premium.prompt);
    let like = json!({"promptId": premium.prompt["id"]});
    let stranger = user("eve");
    let strangers = [None, Some(&stranger), Some(&premium.expired), Some(&premium.revoked)];
    for hidden in [json!({"visibility": "PRIVATE"}), json!({"status": "DRAFT"})] {
        premium.client(Some(&premium.author)).put(&prompt, hidden).await.expect(200);
        let seen = premium.client(Some(&premium.holder)).get(&prompt).await.expect(200);
        assert_eq!(seen["content"], content(SECRETS[2]));
        for who in strangers {
            premium.client(who).get(&prompt).await.expect_problem(404, "PROMPT_NOT_FOUND");
        }
    }
    let client = premium.client(Some(&premium.holder));
    client.post("/api/social/likes", &like).await.expect(201);
    let client = premium.client(Some(&stranger));
    client.post("/api/social/likes", &like).await.expect_problem(404, "PROMPT_NOT_FOUND");

    // No longer premium: versions before the licensed one are still only the author's, and a fork would
    // make hidden text public.
    let over = json!({"premium": false, "price": null, "revision": 9});
    let client = premium.client(None).internal();
    client.put(&format!("/internal{prompt}/premium"), over).await.expect(200);
    let client = premium.client(Some(&premium.holder));
    let seen = client.get(&prompt).await.expect(200);
    assert_eq!(seen["content"], content(SECRETS[2]));
    let older = client.get(&format!("{prompt}/versions/1")).await;
    older.expect_problem(403, "LICENSE_REQUIRED");
    let fork = client.post(&format!("{prompt}/fork"), json!({"visibility": "PUBLIC"})).await;
    fork.expect_problem(403, "PREMIUM_NOT_FORKABLE");

    let forget = format!("/internal/users/{}", premium.author.id);
    assert_eq!(premium.client(None).internal().delete(&forget).await.status, 204);
    let seen = premium.client(Some(&premium.holder)).get(&prompt).await.expect(200);
    assert_eq!((&seen["username"], &seen["version"]), (&json!("deleted-user"), &json!(3)));
}
