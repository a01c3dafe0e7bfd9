//! People who use the fleet.

use serde_json::{Value, json};
use testkit::{Client, eventually};

use crate::fleet::Fleet;

/// A user, and a client that is logged in as them.
pub struct Person {
    pub id: String,
    pub client: Client,
}

/// Returns the body of a registration.
pub fn account(username: &str) -> Value {
    json!({
        "username": username, "email": format!("{username}@example.com"),
        "password": "correct horse battery", "firstName": "Test", "lastName": username,
    })
}

pub async fn register(fleet: &Fleet, username: &str) -> Person {
    let session = fleet.client().post("/auth/register", account(username)).await.expect(201);
    Person {
        id: session["user"]["id"].as_str().unwrap().to_owned(),
        client: fleet.client().with_bearer(session["accessToken"].as_str().unwrap()),
    }
}

/// Returns the body of a prompt that anyone may read.
pub fn prompt(title: &str) -> Value {
    json!({
        "title": title, "content": "Summarise {{text}} in {{sentences:three}} sentences.",
        "category": "Writing", "tags": ["summary"], "isPublic": true,
    })
}

impl Person {
    /// Creates a prompt and returns its id.
    pub async fn creates(&self, title: &str) -> String {
        let created = self.client.post("/prompts", prompt(title)).await.expect(201);
        created["id"].as_str().unwrap().to_owned()
    }
}

/// Waits until the analytics statistics satisfy a condition, and returns them.
pub async fn stats_where(fleet: &Fleet, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
    let client = fleet.client();
    eventually(what, || async {
        let answer = client.get("/analytics/stats").await;
        (answer.status == 200 && condition(&answer.json)).then_some(answer.json)
    })
    .await
}
