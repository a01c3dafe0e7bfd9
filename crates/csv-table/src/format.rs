//! What kind of file it is: encoding and separator.

use crate::cells::Cells;

/// The last one wins when there are equally many: a comma may stand in a name.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// Excel's way to name the separator, in a line of its own.
const NAMED: &[u8] = b"sep=";

/// The text of a file, without a byte order mark.
///
/// # Errors
/// What else it is.
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

/// The cells of a text, from the first line that is not empty.
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

/// Up to the first line break outside quotes.
fn first_line(text: &[u8]) -> &[u8] {
    let mut is_quoted = false;
    let end = text.iter().position(|byte| {
        is_quoted ^= *byte == b'"';
        !is_quoted && matches!(byte, b'\r' | b'\n')
    });
    &text[..end.unwrap_or(text.len())]
}

fn count(line: &[u8], separator: u8) -> usize {
    let mut is_quoted = false;
    line.iter()
        .filter(|byte| {
            is_quoted ^= **byte == b'"';
            !is_quoted && **byte == separator
        })
        .count()
}
