//! Helpers of the tests of searches.

use ids::PromptId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Client, eventually};

/// Waits until an instance has indexed all that was committed: until it finds a prompt that is committed
/// after that.
pub async fn indexed(pool: &PgPool, client: &Client) {
    // One that is still being built may have a later prompt before it follows an earlier change.
    eventually("an index to be complete", async || {
        let complete = "select exists (select from search_instances)";
        sqlx::query_scalar::<_, bool>(complete).fetch_one(pool).await.unwrap().then_some(())
    })
    .await;
    let id = PromptId::new();
    let word = id.0.simple().to_string();
    let insert = "insert into prompts (id, user_id, username, title, content, category, visibility)
                  values ($1, $1, 'nobody', $2, $2, $2, 'PUBLIC')";
    let counters = "insert into prompt_counters (prompt_id, listed) values ($1, true)";
    let mut tx = pool.begin().await.unwrap();
    sqlx::query(insert).bind(id).bind(&word).execute(&mut *tx).await.unwrap();
    sqlx::query(counters).bind(id).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    eventually("the index to follow", async || {
        let answer = client.get(&search_path(&[("keyword", &word)])).await;
        (answer.status == 200 && answer.json["content"][0]["title"] == word).then_some(())
    })
    .await;
    sqlx::query("delete from prompts where id = $1").bind(id).execute(pool).await.unwrap();
}

pub fn prompt(title: &str, content: &str) -> Value {
    json!({"title": title, "content": content, "category": "General", "tags": []})
}

pub async fn search(client: &Client, keyword: &str) -> Value {
    search_with(client, &[("keyword", keyword)]).await
}

pub async fn search_with(client: &Client, query: &[(&str, &str)]) -> Value {
    client.get(&search_path(query)).await.expect(200)
}

pub fn search_path(query: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String { text.bytes().map(|b| format!("%{b:02X}")).collect() };
    let pairs: Vec<_> =
        query.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    format!("/prompts/search?{}", pairs.join("&"))
}

pub fn titles(page: &Value) -> Vec<&str> {
    page["content"].as_array().unwrap().iter().map(|p| p["title"].as_str().unwrap()).collect()
}

pub fn sorted(page: &Value) -> Vec<&str> {
    let mut titles = titles(page);
    titles.sort_unstable();
    titles
}
