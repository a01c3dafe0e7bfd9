//! From text to pieces that borrow from it.

use crate::name::{is_line_break, is_name, is_name_char};

pub const OPEN: &str = "{{";
pub const CLOSE: &str = "}}";

/// The characters directly after which braces with a colon are code: `style={{ color: "red" }}`.
pub const BEFORE_CODE: [char; 2] = ['=', '('];

/// The character that says, at the start of a default after [`BEFORE_CODE`], that this is no code.
pub const NO_CODE: char = '\\';

/// A part of a template; positions are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// Text that goes into the result as it is.
    Text(&'a str),
    /// Braces at `at`, inside the next text, that a backslash made text.
    Escape { at: usize },
    /// A placeholder, which is filled in.
    Placeholder { placeholder: Placeholder<'a>, at: usize, length: usize },
}

/// A placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placeholder<'a> {
    pub name: &'a str,
    pub default: Option<&'a str>,
}

/// Returns the placeholders of a template, in order.
pub fn placeholders(template: &str) -> impl Iterator<Item = Placeholder<'_>> {
    tokens(template).into_iter().filter_map(|token| match token {
        Token::Placeholder { placeholder, .. } => Some(placeholder),
        Token::Text(_) | Token::Escape { .. } => None,
    })
}

pub fn tokens(template: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    // Plain text that is not put away yet begins at `pending`; `at` is the position of the search.
    let (mut pending, mut at) = (0, 0);
    while let Some(found) = template[at..].find(OPEN) {
        let open = at + found;
        let slashes = template[pending..open].bytes().rev().take_while(|b| *b == b'\\').count();
        if slashes > 0 {
            // Two stand for one; an odd one escapes the braces.
            push_text(&mut tokens, &template[pending..open - slashes.div_ceil(2)]);
            pending = open;
            if slashes % 2 == 1 {
                tokens.push(Token::Escape { at: open });
                at = open + OPEN.len();
                continue;
            }
        }
        match placeholder_at_start(&template[..open], &template[open..]) {
            Some((placeholder, length)) => {
                push_text(&mut tokens, &template[pending..open]);
                tokens.push(Token::Placeholder { placeholder, at: open, length });
                at = open + length;
                pending = at;
            }
            // The search goes on after one brace: in `{{{name}}` the placeholder begins at the second.
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

/// Returns the placeholder at the start of `text`, which starts with `{{` and comes after `before`, and
/// its length in bytes.
///
/// The search never passes the next `{{`, which keeps the whole linear.
pub fn placeholder_at_start<'a>(before: &str, text: &'a str) -> Option<(Placeholder<'a>, usize)> {
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
    is_closed.then_some((Placeholder { name, default }, OPEN.len() + end + CLOSE.len()))
}

/// Tells whether a character is a space around a name, of any width.
fn is_padding(c: char) -> bool {
    c.is_whitespace() && !c.is_control() && !is_line_break(c)
}

/// Returns the length in bytes of the default at the start of `text`, up to the braces that close the
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
