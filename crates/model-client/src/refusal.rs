//! Reads the errors of providers, and makes them fit to be shown.

use std::time::Duration;

use serde_json::Value;

use crate::{api_key::ApiKey, retry};

/// The longest text, in characters: it goes into a row and an answer.
const MAX_CHARS: usize = 300;

/// A refusal, read from the body of an error answer or from an event in a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The message; empty when the body has none.
    pub message: String,
    /// The provider's own word for it, such as `insufficient_quota`.
    pub kind: String,
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// Reads a body. Every provider has its shape: `{"error":{"message"}}` for most, the same in a list, and
    /// `{"error":"…"}`, `{"message"}` or `{"detail"}` among those that speak as OpenAI does.
    pub fn read(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => Self::from_json(&value),
            Err(_) => Self::default(),
        }
    }

    pub fn from_json(body: &Value) -> Self {
        let body = body.get(0).unwrap_or(body);
        let error = body.get("error").unwrap_or(body);
        let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
        let message = text(error, "message")
            .or_else(|| error.as_str().map(str::to_owned))
            .or_else(|| text(error, "detail"));
        let kind = ["code", "type", "status"].into_iter().find_map(|name| text(error, name));
        // Gemini's wait: {"@type": "…RetryInfo", "retryDelay": "34.07s"}.
        let details = error.get("details").and_then(Value::as_array);
        let retry_after = details.into_iter().flatten().find_map(|detail| {
            retry::seconds(detail.get("retryDelay")?.as_str()?.strip_suffix('s')?, 1.0)
        });
        Self { message: message.unwrap_or_default(), kind: kind.unwrap_or_default(), retry_after }
    }

    /// Tells whether the account has no money left, which waiting does not change, although it is a 429.
    pub fn is_out_of_money(&self) -> bool {
        self.kind == "insufficient_quota"
    }
}

/// Makes a text fit for the person who asked: one short line without our key.
pub fn sanitize(text: &str, key: Option<&ApiKey>) -> String {
    // The key first: cut in two, it would not be found any more.
    let text = match key {
        Some(key) => key.redact(text),
        None => text.to_owned(),
    };
    let line = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty());
    let line = line.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> (String, String) {
        let refusal = Refusal::read(body.as_bytes());
        (refusal.message, refusal.kind)
    }

    #[test]
    fn each_providers_shape_is_read() {
        for (body, message, kind) in [
            (r#"{"error":{"message":"No.","type":"t","code":"c"}}"#, "No.", "c"),
            (r#"{"error":{"message":"No.","type":"t","code":null}}"#, "No.", "t"),
            (r#"{"type":"error","error":{"type":"t","message":"No."}}"#, "No.", "t"),
            (r#"[{"error":{"code":400,"message":"No.","status":"S"}}]"#, "No.", "S"),
            (r#"{"error":"No."}"#, "No.", ""),
            (r#"{"object":"error","message":"No.","type":"t"}"#, "No.", "t"),
            (r#"{"detail":"No."}"#, "No.", ""),
            (r#"{"detail":[{"loc":[]}]}"#, "", ""),
            ("<html>Bad gateway</html>", "", ""),
            ("", "", ""),
            ("[]", "", ""),
        ] {
            assert_eq!(read(body), (message.to_owned(), kind.to_owned()), "{body}");
        }
    }

    #[test]
    fn gemini_says_in_the_body_how_long_to_wait() {
        let body = r#"{"error":{"code":429,"message":"Quota.","status":"RESOURCE_EXHAUSTED",
            "details":[{"@type":"x"},{"@type":"RetryInfo","retryDelay":"1.5s"}]}}"#;
        assert_eq!(Refusal::read(body.as_bytes()).retry_after, Some(Duration::from_millis(1500)));
    }

    #[test]
    fn what_is_shown_is_one_short_line() {
        assert_eq!(sanitize(" a\n\n b\u{0}c\r ", None), "a b c");
        let long = sanitize(&"é".repeat(1000), None);
        assert_eq!(long.chars().count(), MAX_CHARS + 1);
    }
}
