//! The grammar of keywords: words, `"phrases"`, `-without` and `or`. Every text is a keyword.

use crate::chain;

/// The longest keyword; the rest of a longer one is ignored.
const MAX_CHARS: usize = 1_000;

/// A part of a keyword.
#[derive(Debug, PartialEq, Eq)]
pub struct Clause<'k> {
    pub kind: Kind,
    pub text: &'k str,
    /// Whether it ends the keyword, so that its last word may be unfinished.
    pub is_last: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Words,
    Phrase,
    Without,
}

/// Returns lists of clauses; a document has to match one of the lists.
pub fn parse(keyword: &str) -> Vec<Vec<Clause<'_>>> {
    let mut rest = chain::cut(keyword, MAX_CHARS).trim();
    let mut alternatives = vec![Vec::new()];
    // The words that are not yet a clause.
    let mut open = "";
    while !rest.is_empty() {
        let (clause, word, after) = next(rest);
        let is_or = clause == Kind::Words && word.eq_ignore_ascii_case("or");
        if clause == Kind::Words && !is_or {
            let start = if open.is_empty() { word } else { open };
            open = span(keyword, start, word);
        } else {
            push(&mut alternatives, Kind::Words, std::mem::take(&mut open), false);
            if is_or {
                alternatives.push(Vec::new());
            } else {
                push(&mut alternatives, clause, word, false);
            }
        }
        rest = after;
    }
    push(&mut alternatives, Kind::Words, open, true);
    alternatives
}

/// Cuts off what comes next: its kind, its text, and what is after it.
fn next(rest: &str) -> (Kind, &str, &str) {
    let negated = rest.starts_with('-');
    let rest = rest.trim_start_matches('-');
    if let Some(opened) = rest.strip_prefix('"') {
        let (phrase, after) = opened.split_once('"').unwrap_or((opened, ""));
        return (if negated { Kind::Without } else { Kind::Phrase }, phrase, after.trim_start());
    }
    let end = rest.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(rest.len());
    (if negated { Kind::Without } else { Kind::Words }, &rest[..end], rest[end..].trim_start())
}

/// Returns the text from the beginning of one part of a text to the end of a later one.
fn span<'k>(text: &'k str, first: &'k str, last: &'k str) -> &'k str {
    let start = first.as_ptr().addr() - text.as_ptr().addr();
    let end = last.as_ptr().addr() - text.as_ptr().addr() + last.len();
    &text[start..end]
}

fn push<'k>(alternatives: &mut [Vec<Clause<'k>>], kind: Kind, text: &'k str, is_last: bool) {
    if let (false, Some(clauses)) = (text.is_empty(), alternatives.last_mut()) {
        clauses.push(Clause { kind, text, is_last });
    }
}
