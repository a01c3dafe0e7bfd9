//! Which paths are refused before anything is matched.
//!
//! A path is sent as it is matched, so it must mean one thing to everyone who reads it. Whatever a reader
//! further on could take for another path is refused: dot segments, empty segments, backslashes, control
//! characters, escapes of escapes. `%2F` within a segment is data, and stays what it is.

use http_kit::{ApiError, problem::codes};

/// The most bytes of a path.
const MAX_BYTES: usize = 8 * 1024;

/// Refuses a path that could be read in two ways.
///
/// # Errors
/// A 400 with the reason.
pub fn check(path: &str) -> Result<(), ApiError> {
    find_fault(path).map_or(Ok(()), |fault| Err(ApiError::of(codes::BadPath::CODE, fault)))
}

fn find_fault(path: &str) -> Option<&'static str> {
    if path.len() > MAX_BYTES {
        return Some("The path is too long: at most 8 KiB are taken.");
    }
    if !path.starts_with('/') {
        return Some("The path does not begin with a slash.");
    }
    if path.contains("//") {
        return Some("The path has an empty segment.");
    }
    if is_plain(path) {
        return None;
    }
    let Some(bytes) = decode(path) else {
        return Some("The path has a percent sign that two hexadecimal digits do not follow.");
    };
    let Ok(decoded) = String::from_utf8(bytes) else { return Some("The path is not UTF-8.") };
    if decoded.contains('\\') || decoded.contains(char::is_control) {
        return Some("The path has a backslash or a control character.");
    }
    // Escaped slashes count: a reader that decodes first sees these segments.
    if decoded.split('/').any(is_dot_segment) {
        return Some("The path has a dot segment.");
    }
    has_double_escape(&decoded).then_some("The path is percent-encoded twice.")
}

/// Tells whether a path has neither dots nor escapes nor anything unusual: nearly every one.
fn is_plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_~".contains(&byte))
}

/// Returns the bytes that a path stands for; `None` for a malformed escape.
fn decode(path: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            decoded.push(escaped_byte(after)?);
            rest = &after[2..];
        } else {
            decoded.push(first);
            rest = after;
        }
    }
    Some(decoded)
}

/// Returns the byte that the two hexadecimal digits at the start of `text` name.
fn escaped_byte(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// Tells whether a segment is `.` or `..`, also with parameters (`..;x`), which some readers cut off.
fn is_dot_segment(segment: &str) -> bool {
    let name = segment.split(';').next().unwrap_or(segment);
    name == "." || name == ".."
}

/// Tells whether a decoded path holds an escape of something that matters to a path. An innocent percent
/// sign (`100%25`) does not count.
fn has_double_escape(decoded: &str) -> bool {
    let matters =
        |byte: u8| matches!(byte, b'.' | b'/' | b'\\' | b'%' | b';') || byte.is_ascii_control();
    escapes(decoded.as_bytes()).any(matters)
        // The digits of an escape may be escaped: `%2%65` is `%2e` to the next reader, and a dot to the one after.
        || escapes(&decode_leniently(decoded.as_bytes())).next().is_some()
}

/// Returns the bytes that the escapes in a text name.
fn escapes(text: &[u8]) -> impl Iterator<Item = u8> {
    let percent_signs = text.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    percent_signs.filter_map(|(at, _)| escaped_byte(&text[at + 1..]))
}

/// Decodes a text as readers do that leave a malformed escape as it is.
fn decode_leniently(mut rest: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(rest.len());
    while let Some((&first, after)) = rest.split_first() {
        let byte = escaped_byte(after).filter(|_| first == b'%');
        decoded.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    decoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_of_one_meaning_pass() {
        for path in [
            "/",
            "/prompts/1/",
            "/prompts/category/A%2FB",
            "/prompts/category/A%2fB%2F%2FC",
            "/prompts/tag/100%25",
            "/prompts/tag/100%25%20sure",
            "/prompts/tag/100%25ab",
            "/prompts/tag/caf%C3%A9",
            "/prompts/tag/café",
            "/.well-known/jwks.json",
            "/prompts/tag/...",
            "/prompts/tag/.net",
            "/prompts/tag/a..b;v=1,2",
            "/a:b@c!$&'()*+,=",
        ] {
            assert_eq!(find_fault(path), None, "{path}");
        }
        assert_eq!(find_fault(&format!("/{}", "x".repeat(MAX_BYTES - 1))), None);
    }

    #[test]
    fn paths_that_could_be_read_in_two_ways_are_refused() {
        for path in [
            "/prompts/tag/%252%2565%252%2565/x",
            "/%251%25355",
            "",
            "*",
            "prompts",
            "//",
            "//internal/x",
            "/prompts//1", //
            "/a/.",
            "/a/..",
            "/./a",
            "/../a",
            "/a/../b",
            "/..;/a",
            "/..;x=1/a",
            "/.;/a",
            "/a/%2e",
            "/a/%2E%2e/b",
            "/a/.%2E/b",
            "/a/%2e./b",
            "/a/..%2fb",
            "/a/b%2F..",
            "/a/..%5cb",
            "/a/%252e%252e/b",
            "/a/%252f",
            "/a/%2525",
            "/a/%25%32%65",
            "/a/%%32%65",
            "/a/%255c",
            "/a/%2500",
            "/a/..%253b/b",
            "/a\\b",
            "/a/%5c",
            "/a/%00",
            "/a/%0a",
            "/a/%0D%0A",
            "/a/%7f",
            "/a/%c2%85",
            "/a\nb",
            "/a/%",
            "/a/%2",
            "/a/%zz",
            "/a/%2g",
            "/a/%ff",
            "/a/%c0%ae%c0%ae/b",
            "/a/%ed%a0%80",
        ] {
            assert!(find_fault(path).is_some(), "{path:?}");
        }
        assert!(find_fault(&format!("/{}", "x".repeat(MAX_BYTES))).is_some());
    }

    fn encode(text: &str) -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn no_text_panics(path in any::<String>()) {
            let _ = find_fault(&path);
        }

        #[test]
        fn no_accepted_path_has_a_dot_segment_however_often_it_is_decoded(
            path in "(/|\\.|%2e|%2E|%2f|%25|2e|2f|5c|;|\\\\|a|%){1,12}",
        ) {
            let path = format!("/{path}");
            if find_fault(&path).is_none() {
                let mut text = path;
                for _ in 0..4 {
                    let segments: Vec<_> = text.split(['/', '\\']).map(str::to_owned).collect();
                    prop_assert!(!segments.iter().any(|it| it == "." || it == ".."), "{}", text);
                    let Some(bytes) = decode(&text) else { break };
                    text = String::from_utf8_lossy(&bytes).into_owned();
                }
            }
        }

        #[test]
        fn any_words_pass_as_one_encoded_segment(text in "[\\p{L}\\p{N} /!?&=#+\"'.]{1,40}") {
            prop_assume!(!text.split('/').any(is_dot_segment));
            let path = format!("/prompts/category/{}", encode(&text));
            prop_assert_eq!(find_fault(&path), None);
        }
    }
}
