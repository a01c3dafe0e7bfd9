//! The requests: for each kind the paths that are asked for by turns.

use anyhow::ensure;
use ids::{LicenseId, UserId};
use sqlx::{PgPool, query, query_scalar};
use uuid::Uuid;

/// Prompts that are asked for so often that caches hold them.
const POPULAR: usize = 100;

/// The most prompts that are asked for once each.
const COLD: i64 = 200_000;

/// The path and the body of a listed prompt's creation.
pub const CREATION: &str = r#"/prompts {"title":"Code reviewer","content":"Review this {{language}} code, and name each fault with its line and what to do about it:\n\n{{code}}","category":"Coding","tags":["review","code"],"visibility":"PUBLIC"}"#;

/// Who asks.
#[derive(Clone, Copy)]
pub enum Asker {
    Anyone,
    /// A user with a token and without prompts of their own.
    User,
}

/// A kind of request.
pub struct Kind {
    pub name: &'static str,
    pub asker: Asker,
    /// A path with a space and a body after it is posted to.
    pub paths: Vec<String>,
    /// True if each path is asked for once, as far as there are enough of them.
    pub each_once: bool,
}

impl Kind {
    fn new(name: &'static str, asker: Asker, paths: Vec<String>) -> Self {
        Self { name, asker, paths, each_once: false }
    }
}

/// Returns all kinds of requests, and makes some prompts premium, with a licence for `reader` to half of them.
///
/// # Errors
/// When the databases hold nothing to ask for.
pub async fn kinds(prompts: &PgPool, users: &PgPool, reader: UserId) -> anyhow::Result<Vec<Kind>> {
    // In an order that has nothing to do with the order on the disk.
    let listed: Vec<Uuid> = query_scalar(
        "select prompt_id from prompt_counters where listed order by md5(prompt_id::text) limit $1",
    )
    .bind(COLD)
    .fetch_all(prompts)
    .await?;
    ensure!(listed.len() > 10 * POPULAR, "there are not enough listed prompts");
    let (popular, rest) = listed.split_at(POPULAR);
    let (premium, rest) = rest.split_at(POPULAR);
    let (bought, cold) = rest.split_at(POPULAR);
    sell(prompts, &[premium, bought].concat(), bought, reader).await?;
    let people: Vec<Uuid> = query_scalar("select id from users order by md5(id::text) limit $1")
        .bind(POPULAR as i64)
        .fetch_all(users)
        .await?;
    let authors: Vec<Uuid> =
        query_scalar("select distinct user_id from prompts where id = any($1)")
            .bind(popular)
            .fetch_all(prompts)
            .await?;
    let paths = |start: &str, ids: &[Uuid]| ids.iter().map(|id| format!("{start}{id}")).collect();
    let prompt = |name, asker, ids: &[Uuid]| Kind::new(name, asker, paths("/prompts/", ids));
    let anyone = |name, paths: Vec<String>| Kind::new(name, Asker::Anyone, paths);
    Ok(vec![
        prompt("prompt, hit", Asker::Anyone, popular),
        Kind { each_once: true, ..prompt("prompt, miss", Asker::Anyone, cold) },
        prompt("prompt, signed in", Asker::User, popular),
        prompt("prompt, premium", Asker::Anyone, premium),
        prompt("prompt, premium, bought", Asker::User, bought),
        anyone("public page", vec!["/prompts/public?size=20".to_owned()]),
        Kind::new("public page, signed in", Asker::User, vec!["/prompts/public".to_owned()]),
        anyone("a user's page", paths("/prompts/user/", &authors)),
        anyone("profile", paths("/users/", &people)),
        anyone("comments", paths("/api/social/comments/", popular)),
        anyone("trending", vec!["/prompts/trending".to_owned()]),
        anyone("stats", paths("/api/social/stats/", popular)),
        anyone("ratings", paths("/api/social/ratings/", popular)),
        Kind::new("creation", Asker::User, vec![CREATION.to_owned()]),
    ])
}

/// Makes prompts premium, and grants `reader` a licence to some of them, as the marketplace would.
async fn sell(
    pool: &PgPool,
    premium: &[Uuid],
    bought: &[Uuid],
    reader: UserId,
) -> anyhow::Result<()> {
    query("update prompts set is_premium = true, price = 5 where id = any($1) and not is_premium")
        .bind(premium)
        .execute(pool)
        .await?;
    let licenses: Vec<Uuid> = bought.iter().map(|_| LicenseId::new().0).collect();
    query(
        "insert into prompt_entitlements (prompt_id, license_id, user_id, from_version)
         select prompt_id, license_id, $3, 1 from unnest($1::uuid[], $2::uuid[]) t (prompt_id, license_id)",
    )
    .bind(bought)
    .bind(licenses)
    .bind(reader.0)
    .execute(pool)
    .await?;
    Ok(())
}
