//! `GET /api/tests/{id}/stream`.

mod follow;
mod outages;

use serde_json::{Value, json};
use sqlx::{PgPool, query_scalar};
use testkit::{Event, Events};

use crate::support::path;

pub fn stream_of(test: &Value) -> String {
    format!("{}/stream", path(test))
}

/// The next piece of text.
pub async fn text(events: &mut Events) -> Event {
    let event = events.next().await.unwrap();
    assert_eq!(event.name, "text");
    event
}

/// The texts in a row, after checking that each begins where the one before ended, and that its id
/// says where it ends. `from` is where the first begins.
pub fn joined(texts: &[Event], from: usize) -> String {
    let mut all = String::new();
    for event in texts {
        assert_eq!(event.name, "text");
        let offset = from + all.chars().count();
        assert_eq!(event.data["offset"].as_u64().unwrap(), offset as u64);
        all.push_str(event.data["text"].as_str().unwrap());
        let id = format!("{}:{}", event.data["attempt"], from + all.chars().count());
        assert_eq!(event.id.as_deref(), Some(id.as_str()));
    }
    all
}

pub async fn stored(pool: &PgPool) -> i64 {
    query_scalar("select count(*) from test_streams").fetch_one(pool).await.unwrap()
}

/// A prompt with characters of one to four bytes.
pub fn slow(millis: u32) -> Value {
    json!({
        "promptContent": "Скажи «привет» 🙂 ".repeat(6), "modelProvider": "MOCK",
        "modelName": format!("mock-slow-{millis}"),
    })
}
