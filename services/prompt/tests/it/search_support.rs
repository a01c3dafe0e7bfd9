//! Helpers of the tests of searches.

use serde_json::{Value, json};
use testkit::Client;

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
