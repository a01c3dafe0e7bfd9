//! From text to pieces that borrow from it.

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Goes into the result as it is.
    Text(&'a str),
    /// Is filled in.
    Slot { name: &'a str, default: Option<&'a str> },
}

pub fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    // Plain text not yet put away begins at `pending`; `at` is how far was looked.
    let (mut pending, mut at) = (0, 0);
    while let Some(found) = template[at..].find(OPEN) {
        let open = at + found;
        let slashes = template[pending..open].bytes().rev().take_while(|b| *b == b'\\').count();
        if slashes > 0 {
            // Two stand for one; an odd one out takes the meaning from the braces.
            push_text(&mut pieces, &template[pending..open - slashes.div_ceil(2)]);
            pending = open;
            if slashes % 2 == 1 {
                at = open + OPEN.len();
                continue;
            }
        }
        match slot(&template[open..]) {
            Some((slot, length)) => {
                push_text(&mut pieces, &template[pending..open]);
                pieces.push(slot);
                at = open + length;
                pending = at;
            }
            // One brace on: in `{{{name}}` the placeholder begins at the second.
            None => at = open + 1,
        }
    }
    push_text(&mut pieces, &template[pending..]);
    pieces
}

fn push_text<'a>(pieces: &mut Vec<Piece<'a>>, text: &'a str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
}

/// The placeholder at the start of `text`, which starts with `{{`, and its length in bytes.
///
/// Never looks past the next `{{`: that is what keeps the whole linear.
fn slot(text: &str) -> Option<(Piece<'_>, usize)> {
    let inner = &text[OPEN.len()..];
    let name_end = inner.find(|c: char| matches!(c, '{' | '}' | ':') || c.is_control())?;
    let name = inner[..name_end].trim();
    if name.is_empty() {
        return None;
    }
    let (default, end) = match inner[name_end..].strip_prefix(':') {
        None => (None, name_end),
        Some(rest) => {
            let length = rest.as_bytes().windows(2).position(|w| w == b"}}" || w == b"{{")?;
            (Some(rest[..length].trim()), name_end + 1 + length)
        }
    };
    inner[end..]
        .starts_with(CLOSE)
        .then_some((Piece::Slot { name, default }, OPEN.len() + end + CLOSE.len()))
}
