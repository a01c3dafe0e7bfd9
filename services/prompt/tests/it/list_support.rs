//! Helpers of the tests of lists.

use serde_json::{Value, json};
use testkit::Client;

use crate::support::{create, reviewer};

/// The fields that every list of prompts can be sorted by.
pub const SORTS: [&str; 7] =
    ["createdAt", "updatedAt", "viewsCount", "likesCount", "averageRating", "usageCount", "title"];

pub async fn titled(client: &Client, title: &str) -> Value {
    let mut body = reviewer();
    body["title"] = json!(title);
    create(client, body).await
}

pub fn titles(page: &Value) -> Vec<&str> {
    page["content"].as_array().unwrap().iter().map(|p| p["title"].as_str().unwrap()).collect()
}
