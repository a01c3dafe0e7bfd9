//! From text to pieces that borrow from it.

use crate::name::{is_line_break, is_name, is_name_char};

pub const OPEN: &str = "{{";
pub const CLOSE: &str = "}}";

/// Directly after one of these, braces with a colon are code: `style={{ color: "red" }}`.
pub const BEFORE_CODE: [char; 2] = ['=', '('];

/// At the start of a default after [`BEFORE_CODE`], says that this is no code.
pub const NO_CODE: char = '\\';

/// A part of a template, in order; positions are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// Goes into the result as it is.
    Text(&'a str),
    /// Braces at `at`, inside the next text, that a backslash made text.
    Escape { at: usize },
    /// Is filled in.
    Slot { slot: Slot<'a>, at: usize, length: usize },
}

/// A placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot<'a> {
    pub name: &'a str,
    pub default: Option<&'a str>,
}

/// The placeholders of a template, in order.
pub fn slots(template: &str) -> impl Iterator<Item = Slot<'_>> {
    tokens(template).into_iter().filter_map(|token| match token {
        Token::Slot { slot, .. } => Some(slot),
        Token::Text(_) | Token::Escape { .. } => None,
    })
}

pub fn tokens(template: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    // Plain text not yet put away begins at `pending`; `at` is how far was looked.
    let (mut pending, mut at) = (0, 0);
    while let Some(found) = template[at..].find(OPEN) {
        let open = at + found;
        let slashes = template[pending..open].bytes().rev().take_while(|b| *b == b'\\').count();
        if slashes > 0 {
            // Two stand for one; an odd one out takes the meaning from the braces.
            push_text(&mut tokens, &template[pending..open - slashes.div_ceil(2)]);
            pending = open;
            if slashes % 2 == 1 {
                tokens.push(Token::Escape { at: open });
                at = open + OPEN.len();
                continue;
            }
        }
        match slot(&template[..open], &template[open..]) {
            Some((slot, length)) => {
                push_text(&mut tokens, &template[pending..open]);
                tokens.push(Token::Slot { slot, at: open, length });
                at = open + length;
                pending = at;
            }
            // One brace on: in `{{{name}}` the placeholder begins at the second.
            None => at = open + 1,
        }
    }
    push_text(&mut tokens, &template[pending..]);
    tokens
}

fn push_text<'a>(tokens: &mut Vec<Token<'a>>, text: &'a str) {
    if !text.is_empty() {
        tokens.push(Token::Text(text));
    }
}

/// The placeholder at the start of `text`, which starts with `{{` and comes after `before`, and its
/// length in bytes.
///
/// Never looks past the next `{{`: that is what keeps the whole linear.
pub fn slot<'a>(before: &str, text: &'a str) -> Option<(Slot<'a>, usize)> {
    let inner = &text[OPEN.len()..];
    let name_end = inner.find(|c: char| !is_name_char(c) && !is_padding(c))?;
    let name = inner[..name_end].trim();
    if !is_name(name) {
        return None;
    }
    let (default, end) = match inner[name_end..].strip_prefix(':') {
        None => (None, name_end),
        Some(rest) => {
            let length = default_len(rest)?;
            let default = rest[..length].trim();
            let default = match before.ends_with(BEFORE_CODE) {
                true => default.strip_prefix(NO_CODE)?,
                false => default,
            };
            (Some(default), name_end + 1 + length)
        }
    };
    let is_closed = inner[end..].starts_with(CLOSE);
    is_closed.then_some((Slot { name, default }, OPEN.len() + end + CLOSE.len()))
}

/// Spaces of any width around a name do not count.
fn is_padding(c: char) -> bool {
    c.is_whitespace() && !c.is_control() && !is_line_break(c)
}

/// The length in bytes of the default at the start of `text`, up to the braces that close the
/// placeholder: one line, whose own braces are single and in pairs.
pub fn default_len(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match c {
            '{' if next == Some('{') => return None,
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' => return (next == Some('}')).then_some(at),
            _ if is_line_break(c) => return None,
            _ => {}
        }
    }
    None
}
