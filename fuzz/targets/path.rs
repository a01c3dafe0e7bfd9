//! Paths: what is matched is what is sent, whoever reads it.
//!
//! What the gateway takes and refuses is compared with decoders that are not its own: `percent-encoding`, and
//! the URL parser of browsers, which resolves dot segments in every spelling.

#![no_main]

use fuzz::paths::{is_ambiguous, is_dots};
use gateway::fuzzing::{Found, check_path, find_route, limit_class};
use http::{Method, uri::PathAndQuery};
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use url::Url;

/// The times that a path is decoded: more often than any reader does.
const DECODINGS: usize = 6;

/// The aliases of prefixes, written down a second time.
const ALIASES: [(&str, &str); 4] = [
    ("/api/auth", "/auth"),
    ("/api/users", "/users"),
    ("/api/prompts", "/prompts"),
    ("/api/analytics", "/analytics"),
];

fuzz_target!(|data: &[u8]| {
    // As text of any kind.
    if let Ok(text) = std::str::from_utf8(data) {
        check(text);
    }
    // As hyper hands it on.
    if let Ok(target) = PathAndQuery::try_from(data) {
        check(target.path());
    }
});

fn check(path: &str) {
    let found = find_route(path);
    let refused = check_path(path).is_err();
    assert_eq!(refused, check_path(path).is_err(), "not the same twice");
    assert_eq!(refused, is_ambiguous(path), "{path:?}");
    if refused {
        return;
    }
    expect_one_meaning(path);
    expect_same_to_browsers(path);
    if let Some(found) = found {
        expect_sent_as_matched(path, &found);
        expect_same_limits(path, &found);
    }
}

/// However often it is decoded, a path has no dot segment, no control byte and no backslash.
fn expect_one_meaning(path: &str) {
    let mut text = path.to_owned();
    for _ in 0..DECODINGS {
        assert!(!text.split(['/', '\\']).any(is_dots), "{path:?} has dots as {text:?}");
        assert!(!text.bytes().any(|byte| byte.is_ascii_control()), "{path:?} as {text:?}");
        assert!(!text.contains('\\'), "{path:?} has a backslash as {text:?}");
        text = percent_decode_str(&text).decode_utf8_lossy().into_owned();
    }
}

/// A parser that resolves whatever it takes for a dot segment leaves the path as it is, and finds its route.
fn expect_same_to_browsers(path: &str) {
    // What ends a path is not part of one.
    if path.contains(['?', '#']) {
        return;
    }
    let Ok(url) = Url::parse(&format!("http://gateway{path}")) else { return };
    // It cuts white space off the end of a URL.
    if path.ends_with(' ') {
        return;
    }
    let bytes = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    assert_eq!(bytes(url.path()), bytes(path), "{path:?} is {:?} to others", url.path());
    let prefix = |path: &str| find_route(path).map(|found| (found.prefix, found.service));
    assert_eq!(prefix(url.path()), prefix(path), "{path:?} and {:?}", url.path());
}

/// What is sent is what was matched: the same rest under the canonical prefix, which leads to the same route.
fn expect_sent_as_matched(path: &str, found: &Found) {
    let whole = |prefix: &str, path: &str| {
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    assert!(whole(found.prefix, &found.path), "{path:?}: {found:?}");
    let renamed = ALIASES.iter().find(|(alias, _)| whole(alias, path));
    let expected = match renamed {
        Some((alias, prefix)) => format!("{prefix}{}", &path[alias.len()..]),
        None => path.to_owned(),
    };
    assert_eq!(found.path, expected, "{path:?}");
    let again = find_route(&found.path);
    assert_eq!(again.as_ref(), Some(found), "{path:?} leads elsewhere as it is sent");
    assert!(check_path(&found.path).is_ok(), "{path:?} is refused as it is sent");
    let decoded = percent_decode_str(&found.path).decode_utf8_lossy().to_ascii_lowercase();
    assert!(!whole("/internal", &decoded), "{path:?} leads to {found:?}");
}

/// Another spelling of a path, which leads to the same route, counts against the same limit.
fn expect_same_limits(path: &str, found: &Found) {
    let rest_at = path.len() - (found.path.len() - found.prefix.len());
    let (prefix, rest) = path.split_at(rest_at);
    let last = path.bytes().last().unwrap_or(b'/');
    for spelling in [
        format!("{path}/"),
        format!("{prefix}{}", rest.to_ascii_uppercase()),
        format!("{}%{last:02x}", path.get(..path.len() - 1).unwrap_or(path)),
    ] {
        // Another prefix may be another limit's.
        let is_same = |it: Found| it.service == found.service;
        if !path.is_ascii() || path.contains('%') || !find_route(&spelling).is_some_and(is_same) {
            continue;
        }
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let limits = (limit_class(&method, &spelling), limit_class(&method, path));
            assert_eq!(limits.0, limits.1, "{method} {path:?} and {spelling:?}");
        }
    }
}
