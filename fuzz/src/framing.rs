//! Where the requests of a connection end, by RFC 9112, read a second time.

use crate::trim;

/// Returns the most requests that a connection's bytes hold. What could be read in two ways ends them, as it
/// ends the connection.
pub fn count_requests(data: &[u8]) -> usize {
    let mut rest = Reader(data);
    let mut count = 0;
    while let Some((method, body)) = rest.head() {
        // Those of a read are not sent on (RFC 9110, 9.3.1, gives them no meaning), so it may leave before they
        // turn out to be broken. That ends the connection all the same.
        let may_lose_chunks = matches!(method, b"GET" | b"HEAD");
        let is_whole = match body {
            Framing::Length(length) => rest.skip(length),
            Framing::Chunked => rest.skip_chunks(),
            Framing::Ambiguous => return count,
            // The chunks count, and nothing follows.
            Framing::Both => return count + usize::from(rest.skip_chunks() || may_lose_chunks),
        };
        if !is_whole {
            let is_chunked = matches!(body, Framing::Chunked);
            return count + usize::from(is_chunked && may_lose_chunks);
        }
        count += 1;
    }
    count
}

enum Framing {
    Length(usize),
    Chunked,
    Both,
    Ambiguous,
}

struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    fn line(&mut self) -> Option<&'d [u8]> {
        let end = self.0.iter().position(|byte| *byte == b'\n')?;
        let line = &self.0[..end];
        self.0 = &self.0[end + 1..];
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// Reads a head to its end, with empty lines before it; returns the method, too.
    fn head(&mut self) -> Option<(&'d [u8], Framing)> {
        let first = loop {
            let line = self.line()?;
            if !line.is_empty() {
                break line;
            }
        };
        let method = first.split(|byte| *byte == b' ').next().unwrap_or_default();
        let (mut lengths, mut codings) = (Vec::new(), Vec::new());
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
            let value = trim(line.get(colon + 1..).unwrap_or_default());
            match trim(&line[..colon]).to_ascii_lowercase().as_slice() {
                b"content-length" => lengths.push(value),
                b"transfer-encoding" => codings.push(value),
                _ => {}
            }
        }
        Some((method, framing(&lengths, &codings)))
    }

    fn skip(&mut self, count: usize) -> bool {
        let rest = self.0.get(count..);
        self.0 = rest.unwrap_or_default();
        rest.is_some()
    }

    fn skip_chunks(&mut self) -> bool {
        loop {
            let Some(end) = self.0.windows(2).position(|end| end == b"\r\n") else { return false };
            let line = &self.0[..end];
            self.0 = &self.0[end + 2..];
            let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
            let size = std::str::from_utf8(trim(digits)).ok();
            let size = size.filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
            match size.and_then(|text| usize::from_str_radix(text, 16).ok()) {
                Some(0) => break,
                Some(size) if self.skip(size) && self.0.starts_with(b"\r\n") => {
                    self.0 = &self.0[2..]
                }
                _ => return false,
            }
        }
        // Trailers.
        while let Some(line) = self.line() {
            if line.is_empty() {
                return true;
            }
        }
        false
    }
}

fn framing(lengths: &[&[u8]], codings: &[&[u8]]) -> Framing {
    let last = codings.last().and_then(|line| line.rsplit(|byte| *byte == b',').next());
    let is_chunked = last.is_some_and(|it| trim(it).eq_ignore_ascii_case(b"chunked"));
    match (lengths, codings.is_empty()) {
        ([], true) => Framing::Length(0),
        ([], false) if is_chunked => Framing::Chunked,
        (_, false) if is_chunked => Framing::Both,
        (_, false) => Framing::Ambiguous,
        (lengths, true) => {
            let length = |digits: &&[u8]| {
                let text = std::str::from_utf8(digits).ok()?;
                text.bytes().all(|byte| byte.is_ascii_digit()).then_some(text)?.parse().ok()
            };
            let lengths: Vec<Option<usize>> = lengths.iter().map(length).collect();
            match lengths[0] {
                Some(length) if lengths.iter().all(|it| *it == lengths[0]) => {
                    Framing::Length(length)
                }
                _ => Framing::Ambiguous,
            }
        }
    }
}
