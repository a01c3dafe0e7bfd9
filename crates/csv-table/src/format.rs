//! The format of a file: encoding and separator.

use crate::cells::Cells;

/// The possible separators. Of equally frequent ones the last wins: a comma may stand in a name.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// The line with which Excel names the separator.
const NAMED: &[u8] = b"sep=";

/// Returns the text of a file, without a byte order mark.
///
/// # Errors
/// The kind of file that it is instead.
pub fn text(file: &[u8]) -> Result<&[u8], &'static str> {
    const UTF_8: &[u8] = b"\xef\xbb\xbf";
    const UTF_16: &str = "is UTF-16; save the file as CSV in UTF-8";
    match file {
        [b'P', b'K', 3, 4, ..] => {
            Err("is a spreadsheet or another archive; save it as CSV in UTF-8")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(UTF_16),
        // Without a byte order mark, the zeros of the first letter show it.
        [0, other, ..] | [other, 0, ..] if *other != 0 => Err(UTF_16),
        _ => Ok(file.strip_prefix(UTF_8).unwrap_or(file)),
    }
}

/// Returns the cells of a text, from the first line that is not empty.
pub fn cells(text: &[u8]) -> Cells<'_> {
    let start = text.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let first = first_line(&text[start..]);
    let named = first.strip_prefix(NAMED).or_else(|| first.strip_prefix(b"\"sep="));
    if let Some([separator] | [separator, b'"']) = named
        && SEPARATORS.contains(separator)
    {
        return Cells::new(text, start + first.len(), *separator);
    }
    let found = SEPARATORS.into_iter().filter(|separator| count(first, *separator) > 0);
    let most = found.max_by_key(|separator| count(first, *separator));
    Cells::new(text, start, most.unwrap_or(b','))
}

/// Returns the text before the first line break outside quotes.
fn first_line(text: &[u8]) -> &[u8] {
    let mut is_quoted = false;
    let end = text.iter().position(|byte| {
        is_quoted ^= *byte == b'"';
        !is_quoted && matches!(byte, b'\r' | b'\n')
    });
    &text[..end.unwrap_or(text.len())]
}

/// Counts a separator outside quotes.
fn count(line: &[u8], separator: u8) -> usize {
    let mut is_quoted = false;
    line.iter()
        .filter(|byte| {
            is_quoted ^= **byte == b'"';
            !is_quoted && **byte == separator
        })
        .count()
}
