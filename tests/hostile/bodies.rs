//! The worst bodies that each route can be sent.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use testkit::raw::{chunked, exchange, with_length};

use crate::{
    alone,
    fleet::Fleet,
    people::register,
    routes::{self, Route},
    watch::Watch,
};

/// The number of requests that are sent at once.
const AT_ONCE: usize = 8;

/// The bytes of a large body, just below the limit.
const LARGE: usize = 960_000;

/// The longest wait of other requests meanwhile, 99 times of 100.
const WAIT: Duration = Duration::from_millis(100);

/// The words of libraries for input that they cannot read.
const LIBRARY_WORDS: [&str; 9] = [
    "unknown variant",
    "invalid type",
    "invalid value",
    "invalid length",
    "missing field",
    "parsing failed",
    "floating point",
    "struct ",
    "usize",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_hostile_body_is_a_server_error_or_holds_anybody_up() {
    let _alone = alone().await;
    let fleet = Fleet::start().await;
    let author = register(&fleet, "author").await;
    let prompt = author.creates("Read by everyone").await;
    let signed_in = fleet.client().post("/auth/login", credentials()).await.expect(200);
    let token = signed_in["accessToken"].as_str().unwrap();
    let routes = routes::all(&fleet.client(), &prompt).await;
    let mut requests = Vec::new();
    for route in &routes {
        requests.extend(strangers(route));
        requests.extend(members(route, token));
    }
    let watch = Watch::start(&fleet);
    let url = &fleet.url();
    let sent = requests.len();
    let wrong: Vec<String> = stream::iter(requests)
        .map(|request| async move {
            let (status, answer) = exchange(url, &request.bytes).await;
            let said = answer.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned();
            let fault = if status >= 500 {
                "a server error"
            } else if !request.may_succeed && status < 400 {
                "was taken"
            } else if answer.len() > 20_000 {
                "too much is repeated"
            } else if LIBRARY_WORDS.iter().any(|word| said.contains(word)) {
                "a library speaks"
            } else {
                return None;
            };
            Some(format!("{}: {status}, {fault}: {}", request.name, &said[..said.len().min(300)]))
        })
        .buffer_unordered(AT_ONCE)
        .filter_map(async |fault| fault)
        .collect()
        .await;
    let seen = watch.end().await;
    assert!(wrong.is_empty(), "{} of {sent}:\n{}", wrong.len(), wrong.join("\n"));
    for (process, seen) in seen {
        let p99 = seen.p99();
        println!("{process}: p99 {p99:?} of {}, {} MB", seen.waits.len(), seen.memory >> 20);
        assert!(p99 < WAIT, "{process} made others wait for {p99:?}");
        assert!(seen.memory < 100 << 20, "{process} took {} MB", seen.memory >> 20);
    }
}

fn credentials() -> serde_json::Value {
    serde_json::json!({"email": "author", "password": "correct horse battery"})
}

struct Request {
    name: String,
    bytes: Vec<u8>,
    /// Whether the route may accept it: the route takes no body, or the body is good.
    may_succeed: bool,
}

/// Returns anonymous requests whose bodies should not be read, of all sizes, with and without their
/// length.
fn strangers(route: &Route) -> Vec<Request> {
    let mut requests = Vec::new();
    let kind = route.body.first().map_or("application/json", String::as_str);
    let head = format!("{} {} HTTP/1.1\r\nContent-Type: {kind}\r\n", route.method, route.path);
    for length in [0, 900_000, 3_000_000] {
        let body = vec![b'7'; length];
        for (how, bytes) in [("", with_length(&head, &body)), (", chunked", chunked(&head, &body))]
        {
            requests.push(Request {
                name: format!("{} {}, {length} bytes{how}", route.method, route.path),
                bytes,
                may_succeed: true,
            });
        }
    }
    requests
}

/// Returns the worst requests that a user can send to a route that reads its body.
fn members(route: &Route, token: &str) -> Vec<Request> {
    let mut requests = Vec::new();
    for kind in &route.body {
        let head = format!(
            "{} {} HTTP/1.1\r\nContent-Type: {kind}\r\nAuthorization: Bearer {token}\r\n",
            route.method, route.path
        );
        let mut add = |name: String, body: String| {
            requests.push(Request {
                name: format!("{} {}, {name}", route.method, route.path),
                bytes: with_length(&head, body.as_bytes()),
                may_succeed: name.ends_with("a text"),
            });
        };
        add("a number of 900 KB".to_owned(), "9".repeat(900_000));
        add("brackets".to_owned(), "[".repeat(LARGE));
        add("objects in objects".to_owned(), r#"{"a":"#.repeat(LARGE / 5));
        add("quotes".to_owned(), r#"""#.repeat(LARGE - 1));
        for field in &route.fields {
            for (what, value) in worst_values() {
                add(format!("{field} is {what}"), format!(r#"{{"{field}":{value}}}"#));
            }
        }
    }
    requests
}

fn worst_values() -> [(&'static str, String); 5] {
    let many = (0..80_000).map(|n| format!(r#""a{n}":"""#));
    let wrong = (0..70).map(|n| format!(r#""z{n}":1"#));
    let names: Vec<String> = many.chain(wrong).collect();
    [
        ("a map with much in it that is wrong", format!("{{{}}}", names.join(","))),
        ("a list of wrong elements", format!("[{}1]", "1.5,".repeat(LARGE / 5))),
        ("a list of objects", format!("[{}{{}}]", "{},".repeat(LARGE / 4))),
        ("a number of 900 KB", "9".repeat(900_000)),
        ("a text", format!(r#""{}""#, "{{x".repeat(LARGE / 4))),
    ]
}
