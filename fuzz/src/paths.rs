//! Which paths could be read in two ways, judged by a decoder that is not the gateway's.

use percent_encoding::{percent_decode, percent_decode_str};

/// Tells whether a path must be refused, from its whole decoded text.
pub fn is_ambiguous(path: &str) -> bool {
    if path.len() > 8 * 1024 || !path.starts_with('/') || path.contains("//") {
        return true;
    }
    let escapes_are_whole = path
        .split('%')
        .skip(1)
        .all(|after| after.len() >= 2 && after.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit));
    if !escapes_are_whole {
        return true;
    }
    let Ok(once) = percent_decode_str(path).decode_utf8() else { return true };
    // What a second decoding would bring out of escapes that the first one made.
    let twice: Vec<u8> = percent_decode_str(&once).collect();
    let (before, after) = (once.as_bytes(), twice.as_slice());
    let more = |wanted: fn(u8) -> bool| {
        let count = |bytes: &[u8]| bytes.iter().filter(|byte| wanted(**byte)).count();
        count(after) > count(before)
    };
    once.chars().any(|it| it == '\\' || it.is_control())
        || once.split('/').any(is_dots)
        || more(|byte| matches!(byte, b'.' | b'/' | b'\\' | b';'))
        || more(|byte| byte.is_ascii_control())
        // An escaped percent sign stands for itself once more.
        || once.contains("%25")
        // What a third decoding would find: digits of an escape that were escaped.
        || percent_decode(&twice).ne(twice.iter().copied())
}

/// Tells whether a segment is a dot segment, also with parameters.
pub fn is_dots(segment: &str) -> bool {
    let name = segment.split_once(';').map_or(segment, |(name, _)| name);
    matches!(name, "." | "..")
}
