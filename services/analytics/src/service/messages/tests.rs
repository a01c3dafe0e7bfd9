use ids::{EventId, PromptId, UserId};
use serde_json::{Value, json};

use super::*;

fn registered() -> Value {
    json!({
        "eventId": EventId::new(), "eventType": "USER_REGISTERED", "schemaVersion": 1,
        "occurredAt": "2026-01-31T09:30:00.000Z", "userId": UserId::new(), "username": "ada",
        "registeredAt": "2026-01-31T09:30:00.000Z",
    })
}

fn read_registered(event: &str) -> Result<Activity, Refusal> {
    read(UserRegistered::TOPIC, Some(event.as_bytes()), Timestamp::now())
}

/// Returns the registration with more fields in its front.
fn with(fields: &str) -> String {
    format!("{{{fields},{}", &registered().to_string()[1..])
}

/// Returns the registration at that time.
fn at(time: &str) -> String {
    let mut event = registered();
    event["registeredAt"] = json!(time);
    event.to_string()
}

#[test]
fn whatever_is_in_a_field_that_is_not_known_is_passed_over() {
    let deep = format!(r#""x":{}{}"#, "[".repeat(200), "]".repeat(200));
    let deeper = format!(r#""x":{}1{}"#, r#"{"x":"#.repeat(100_000), "}".repeat(100_000));
    let fields = [
        r#""country":"GB""#,
        r#""x":1e400"#,
        r#""x":-1e-99999,"y":123456789012345678901234567890"#,
        r#""x":"\ud800""#,
        r#""x":"\udc00\ud800 and more""#,
        r#""\ud800":1"#,
        r#""x":"\u0000""#,
        r#""x":{"userId":1,"eventType":[],"eventId":null}"#,
        r#""x":[{"eventId":"x"}]"#,
        r#""x":1,"x":2"#,
        r#""promptId":5,"viewedAt":[],"viewerKey":1e400"#,
        &deep,
        &deeper,
    ];
    for field in fields {
        let read = read_registered(&with(field));
        assert!(read.is_ok(), "{}: {}", &field[..field.len().min(60)], read.unwrap_err());
    }
}

#[test]
fn texts_that_are_not_kept_may_be_of_any_kind() {
    for text in [r#""\u0000""#, r#""\ud83d""#, "5", "null"] {
        let event = registered().to_string().replace(r#""ada""#, text);
        assert!(read_registered(&event).is_ok(), "{text}");
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let now = Timestamp::now();
    let refusal =
        |payload: Option<&[u8]>| read(UserRegistered::TOPIC, payload, now).unwrap_err().to_string();
    assert_eq!(refusal(None), "the payload is null");
    assert_eq!(refusal(Some(b"")), "the payload is empty");

    let good = registered().to_string();
    let without = |name| {
        let mut event = registered();
        event.as_object_mut().unwrap().remove(name);
        event.to_string()
    };
    let tomorrow = Timestamp(now.0 + MAX_AHEAD + Duration::from_secs(60)).to_string();
    let cases: [(String, &str); 19] = [
        (" ".to_owned(), "not a JSON object"),
        ("not json".to_owned(), "not a JSON object"),
        ("null".to_owned(), "expected an object"),
        ("[]".to_owned(), "expected an object"),
        ("[".repeat(100_000), "expected an object"),
        (format!("\u{feff}{good}"), "not a JSON object"),
        (format!("{good}{good}"), "trailing characters"),
        (good[..good.len() - 1].to_owned(), "EOF"),
        (good.replace("ada", "\u{1}"), "control character"),
        (without("userId"), "missing field `userId`"),
        (without("eventType"), "missing field `eventType`"),
        (without("schemaVersion"), "missing field `schemaVersion`"),
        (with(r#""userId":null"#), "field `userId` is there twice"),
        (good.replace("USER_REGISTERED", "PROMPT_VIEWED"), "\"PROMPT_VIEWED\""),
        (good.replace("USER_REGISTERED", "user_registered"), "\"user_registered\""),
        (good.replace(r#""schemaVersion":1"#, r#""schemaVersion":"1""#), "field `schemaVersion`"),
        (good.replace(r#""userId":""#, r#""userId":"x"#), "field `userId`"),
        (
            without("userId").replace(r#""schemaVersion":1"#, r#""schemaVersion":2"#),
            "schemaVersion 2 is not known: missing field `userId`",
        ),
        (at(&tomorrow), "ahead"),
    ];
    for (payload, part) in cases {
        let refusal = refusal(Some(payload.as_bytes()));
        assert!(refusal.contains(part), "{refusal} does not say {part}");
    }
    let mut latin1 = good.into_bytes();
    latin1.insert(1, 0xe9);
    assert!(refusal(Some(&latin1)).contains("not UTF-8"));
}

#[test]
fn times_are_those_of_rfc_3339_from_any_offset() {
    let readable = [
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
        ("2026-01-31T23:30:00.000-05:45", "2026-02-01T05:15:00.000Z"),
        ("2026-01-31T09:30:00.123456789Z", "2026-01-31T09:30:00.123Z"),
        // A leap second is the second that follows it, in the month of that.
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ("2016-12-31T23:59:60.5+00:00", "2017-01-01T00:00:00.500Z"),
    ];
    for (text, time) in readable {
        let activity = read_registered(&at(text)).unwrap();
        assert_eq!(activity.event_time().to_string(), time, "{text}");
    }
    let unreadable = [
        "-0043-03-15T12:00:00Z",
        "+10000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
        "0000-12-31T23:59:59Z",
        "2026-02-30T00:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T09:30:00",
        "2026-01-31",
        "",
        "now",
    ];
    for text in unreadable {
        assert!(read_registered(&at(text)).is_err(), "{text}");
    }
    let ahead = Timestamp(Timestamp::now().0 + MAX_AHEAD - Duration::from_secs(60));
    assert!(read_registered(&at(&ahead.to_string())).is_ok());
}

#[test]
fn a_newer_version_is_read_for_as_long_as_it_has_our_fields() {
    let event = registered().to_string().replace(r#""schemaVersion":1"#, r#""schemaVersion":7"#);
    assert!(read_registered(&event).is_ok());
}

#[test]
fn an_id_is_the_same_in_capitals() {
    let event = registered();
    let capitals = event["eventId"].as_str().unwrap().to_uppercase();
    let other = event.to_string().replace(event["eventId"].as_str().unwrap(), &capitals);
    let [one, other] = [event.to_string(), other].map(|it| read_registered(&it).unwrap());
    assert_eq!(one.event_id(), other.event_id());
}

#[test]
fn a_view_may_be_without_its_viewer() {
    let view = json!({
        "eventId": EventId::new(), "eventType": "PROMPT_VIEWED", "schemaVersion": 1,
        "promptId": PromptId::new(), "viewedAt": "2026-01-31T09:30:00.000Z",
    });
    for (user, key) in
        [("null", "null"), (r#""6f1c3a52-6a4e-4a7e-8a44-0a3d5f6f2a11""#, r#""a\u0000b""#)]
    {
        let fields = format!(r#"{{"userId":{user},"viewerKey":{key},{}"#, &view.to_string()[1..]);
        let read = read(PromptViewed::TOPIC, Some(fields.as_bytes()), Timestamp::now());
        assert!(read.is_ok(), "{fields}: {}", read.unwrap_err());
    }
    let bare = view.to_string();
    assert!(read(PromptViewed::TOPIC, Some(bare.as_bytes()), Timestamp::now()).is_ok());
    assert!(read("prompt.deleted", Some(bare.as_bytes()), Timestamp::now()).is_err());
}
