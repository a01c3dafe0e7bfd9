//! Heads of answers with a known length, by RFC 9112, read a second time.

use http::Method;

use crate::trim;

/// A head that ends where its answer's body begins.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    /// The names in lower case, sorted, and the values.
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
    /// The bytes of the body.
    pub length: u64,
    /// The bytes of the head.
    pub end: usize,
}

/// Tells whether an answer's head is whole: whether an empty line has come after its first one.
pub fn is_whole(data: &[u8]) -> bool {
    lines(data).is_some()
}

/// Reads a head; `None` for one whose length is not plain.
pub fn read(data: &[u8], method: &Method) -> Option<Head> {
    let (lines, end) = lines(data)?;
    let (first, rest) = lines.split_first()?;
    let status = first.strip_prefix(b"HTTP/1.1 ")?;
    let (digits, reason) = status.split_at_checked(3)?;
    let status: u16 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    if !(reason.is_empty() || reason.starts_with(b" ")) || status < 200 {
        return None;
    }
    let mut fields = Vec::new();
    for line in rest {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = (&line[..colon], trim(&line[colon + 1..]));
        let is_token =
            |byte: &u8| byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(byte);
        if name.is_empty() || !name.iter().all(is_token) || value.iter().any(is_control) {
            return None;
        }
        fields.push((name.to_ascii_lowercase(), value.to_vec()));
    }
    fields.sort_by(|one, other| one.0.cmp(&other.0));
    let values = |name: &str| {
        let found = fields.iter().filter(move |(it, _)| it == name.as_bytes());
        found.map(|(_, value)| value.as_slice()).collect::<Vec<_>>()
    };
    let goes_on =
        values("connection").iter().all(|value| value.eq_ignore_ascii_case(b"keep-alive"));
    if !goes_on || !values("transfer-encoding").is_empty() {
        return None;
    }
    let length = match values("content-length")[..] {
        [] => None,
        [digits] if digits.iter().all(u8::is_ascii_digit) => {
            Some(std::str::from_utf8(digits).ok()?.parse().ok()?)
        }
        _ => return None,
    };
    let has_no_body = method == Method::HEAD || matches!(status, 204 | 304);
    let length = if has_no_body { 0 } else { length? };
    Some(Head { status, fields, length, end })
}

fn is_control(byte: &u8) -> bool {
    byte.is_ascii_control() && *byte != b'\t'
}

/// Splits a whole head, with the empty lines before it, into its lines; returns where it ends, too.
fn lines(data: &[u8]) -> Option<(Vec<&[u8]>, usize)> {
    let (mut lines, mut start) = (Vec::new(), 0);
    loop {
        let end = start + data[start..].iter().position(|byte| *byte == b'\n')?;
        let line = &data[start..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        start = end + 1;
        match (line.is_empty(), lines.is_empty()) {
            (true, true) => {}
            (true, false) => return Some((lines, start)),
            (false, _) => lines.push(line),
        }
    }
}
