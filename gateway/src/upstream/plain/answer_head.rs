//! The head of an answer whose length is known.

use std::mem::MaybeUninit;

use bytes::BytesMut;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use httparse::{Header, ParserConfig, Status};

/// The most bytes of an answer's head.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The most headers of an answer that is read here.
const MAX_HEADERS: usize = 64;

/// The kind of answer that the bytes read so far are.
#[derive(Debug, PartialEq, Eq)]
pub enum AnswerHead {
    /// Not a whole head yet.
    Partial,
    /// A head that was taken, before a body of `length` bytes.
    Known { status: StatusCode, length: u64 },
    /// Anything else; nothing was taken.
    Unusual,
}

/// The places of a header in the bytes that were read.
#[derive(Clone, Copy, Default)]
struct Place {
    name: (usize, usize),
    value: (usize, usize),
}

/// Takes the head of an answer to a method off the bytes that were read, if its length is known, and puts its
/// headers in place of those in `headers`.
pub fn take(read: &mut BytesMut, method: &Method, headers: &mut HeaderMap) -> AnswerHead {
    if read.is_empty() {
        return AnswerHead::Partial;
    }
    let mut room = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut []);
    let config = ParserConfig::default();
    let end = match config.parse_response_with_uninit_headers(&mut parsed, read, &mut room) {
        Ok(Status::Complete(end)) if end <= MAX_HEAD_BYTES => end,
        Ok(Status::Partial) if read.len() < MAX_HEAD_BYTES => return AnswerHead::Partial,
        Ok(_) | Err(_) => return AnswerHead::Unusual,
    };
    let Some((status, length)) = meaning(&parsed, method) else { return AnswerHead::Unusual };
    let mut places = [Place::default(); MAX_HEADERS];
    let count = parsed.headers.len();
    let start = read.as_ptr() as usize;
    for (place, header) in places.iter_mut().zip(parsed.headers.iter()) {
        let span = |bytes: &[u8]| {
            let at = bytes.as_ptr() as usize - start;
            (at, at + bytes.len())
        };
        *place = Place { name: span(header.name.as_bytes()), value: span(header.value) };
    }
    let bytes = read.split_to(end).freeze();
    headers.clear();
    headers.reserve(count);
    for Place { name, value } in &places[..count] {
        let name = HeaderName::from_bytes(&bytes[name.0..name.1]);
        let value = HeaderValue::from_maybe_shared(bytes.slice(value.0..value.1));
        // httparse takes nothing that these refuse.
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    AnswerHead::Known { status, length }
}

/// Returns the status of an answer and the length of its body; `None` for one that is read otherwise.
fn meaning(parsed: &httparse::Response<'_, '_>, method: &Method) -> Option<(StatusCode, u64)> {
    let status = StatusCode::from_u16(parsed.code?).ok()?;
    let is_usual = parsed.version == Some(1)
        && !status.is_informational()
        // hyper keeps another reason.
        && parsed.reason == status.canonical_reason();
    if !is_usual {
        return None;
    }
    let mut length = None;
    for header in parsed.headers.iter() {
        let is_usual = match header.name.len() {
            10 if is(header, "connection") => header.value.eq_ignore_ascii_case(b"keep-alive"),
            14 if is(header, "content-length") => {
                length.replace(parse_length(header.value)?).is_none()
            }
            17 => !is(header, "transfer-encoding"),
            _ => true,
        };
        if !is_usual {
            return None;
        }
    }
    let has_no_body = *method == Method::HEAD
        || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status);
    Some((status, if has_no_body { 0 } else { length? }))
}

fn is(header: &Header<'_>, name: &str) -> bool {
    header.name.eq_ignore_ascii_case(name)
}

/// Reads a length of at most 15 digits, and nothing else.
fn parse_length(value: &[u8]) -> Option<u64> {
    let is_number = (1..=15).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
    let digits = str::from_utf8(value).ok().filter(|_| is_number)?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, method: Method) -> (AnswerHead, HeaderMap, String) {
        let mut read = BytesMut::from(text);
        let mut headers = HeaderMap::new();
        headers.insert("x-of-the-request", HeaderValue::from_static("1"));
        let head = take(&mut read, &method, &mut headers);
        (head, headers, String::from_utf8(read.to_vec()).unwrap())
    }

    #[test]
    fn an_answer_with_a_length_is_taken_up_to_its_body() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Keep-Alive\r\nX-A: 1\r\nx-a: 2\r\n\r\nok";
        let (head, headers, rest) = read(text, Method::GET);
        assert_eq!(head, AnswerHead::Known { status: StatusCode::OK, length: 2 });
        assert_eq!(rest, "ok");
        assert_eq!(headers.get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert!(headers["content-length"] == "2" && !headers.contains_key("x-of-the-request"));
    }

    #[test]
    fn answers_that_have_no_body_are_known_without_a_length() {
        for (text, method) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", Method::HEAD),
            ("HTTP/1.1 200 OK\r\n\r\n", Method::HEAD),
            ("HTTP/1.1 204 No Content\r\n\r\n", Method::DELETE),
            ("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", Method::GET),
        ] {
            let (head, _, rest) = read(text, method);
            assert!(matches!(head, AnswerHead::Known { length: 0, .. }), "{text}: {head:?}");
            assert_eq!(rest, "");
        }
    }

    #[test]
    fn a_head_that_is_not_whole_is_waited_for() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
        for end in 0..text.len() {
            let (head, _, rest) = read(&text[..end], Method::GET);
            assert_eq!(head, AnswerHead::Partial, "{end}");
            assert_eq!(rest, text[..end]);
        }
    }

    #[test]
    fn a_head_that_is_whole_and_too_long_is_left_as_it_is() {
        let rest = "\r\nContent-Length: 0\r\n\r\n";
        let room = MAX_HEAD_BYTES - "HTTP/1.1 200 OK\r\nX: ".len() - rest.len();
        for (more, is_known) in [(0, true), (1, false)] {
            let value = "x".repeat(room + more);
            let (head, ..) = read(&format!("HTTP/1.1 200 OK\r\nX: {value}{rest}"), Method::GET);
            assert_eq!(head != AnswerHead::Unusual, is_known, "{more} bytes too long: {head:?}");
        }
    }

    #[test]
    fn every_other_answer_is_left_as_it_is() {
        for (line, headers) in [
            ("HTTP/1.1 200 OK", ""),
            ("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"),
            ("HTTP/1.1 200 OK", "Content-Length: 2\r\nTransfer-Encoding: chunked"),
            ("HTTP/1.1 200 OK", "Content-Length: 2\r\nContent-Length: 2"),
            ("HTTP/1.1 200 OK", "Content-Length: +2"),
            ("HTTP/1.1 200 OK", "Content-Length: 2, 2"),
            ("HTTP/1.1 200 OK", "Content-Length:"),
            ("HTTP/1.1 200 OK", "Content-Length: 1000000000000000"),
            ("HTTP/1.1 200 OK", "Content-Length: 2\r\nConnection: close"),
            ("HTTP/1.1 200 OK", "Content-Length: 2\r\nConnection: x-hop, keep-alive"),
            ("HTTP/1.1 200 OK", "Content-Length : 2"),
            ("HTTP/1.1 200 OK", "Content-Length: 2\r\n folded"),
            ("HTTP/1.1 200 Fine", "Content-Length: 2"),
            ("HTTP/1.0 200 OK", "Content-Length: 2"),
            ("HTTP/1.1 100 Continue", "Content-Length: 2"),
            ("HTTP/1.1 101 Switching Protocols", "Upgrade: x"),
            ("HTTP/3.0 200 OK", "Content-Length: 2"),
            ("nonsense", ""),
        ] {
            let text = format!("{line}\r\n{headers}\r\n\r\nok");
            let (head, headers, rest) = read(&text, Method::GET);
            assert_eq!(head, AnswerHead::Unusual, "{text}");
            assert!(headers.contains_key("x-of-the-request"));
            assert_eq!(rest, text);
        }
    }
}
