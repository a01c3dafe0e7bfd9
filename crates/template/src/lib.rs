//! Placeholders in prompts: `{{name}}` and `{{name:default}}`, found and filled in.
//!
//! - A name is any text, in any script, without braces, colons and control characters; the spaces
//!   around it do not count. The default runs from the first colon to the first `}}`, may be empty,
//!   and is trimmed too.
//! - Braces that make no placeholder (`{`, `{{}}`, `{{` without its `}}`) are plain text, so code
//!   and JSON mostly need no care. Where they do, `\{{` is a literal `{{`, and `\\{{` is a literal
//!   backslash before what follows: only backslashes right before `{{` mean anything.
//! - Filling in is strict and happens once: a value is never searched for placeholders.
//!
//! Each function takes time linear in its input, whatever a stranger wrote there.

mod parse;

use std::collections::{BTreeMap, BTreeSet};

use parse::{Piece, pieces};

/// Why a template was not filled in: every name at once, in alphabetical order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("missing variables: {missing:?}; unknown variables: {unknown:?}")]
pub struct Unresolved {
    /// Used somewhere without a default, and not given.
    pub missing: BTreeSet<String>,
    /// Given, and used nowhere.
    pub unknown: BTreeSet<String>,
}

/// The names of a template's placeholders, each once, in order of first use.
pub fn variables(template: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let first_use = |piece| match piece {
        Piece::Slot { name, .. } => seen.insert(name).then(|| name.to_owned()),
        Piece::Text(_) => None,
    };
    pieces(template).into_iter().filter_map(first_use).collect()
}

/// The template with its placeholders replaced by `values`, or by their own defaults, and its
/// escapes resolved. The size is the caller's to bound, by [`rendered_len`].
///
/// # Errors
/// [`Unresolved`] when a value is missing or one is given that has no use.
pub fn render(template: &str, values: &BTreeMap<String, String>) -> Result<String, Unresolved> {
    let mut text = String::with_capacity(template.len());
    let mut unknown: BTreeSet<&str> = values.keys().map(String::as_str).collect();
    let mut missing = BTreeSet::new();
    for piece in pieces(template) {
        match piece {
            Piece::Text(literal) => text.push_str(literal),
            Piece::Slot { name, default } => {
                unknown.remove(name);
                match values.get(name).map(String::as_str).or(default) {
                    Some(value) => text.push_str(value),
                    None => {
                        missing.insert(name);
                    }
                }
            }
        }
    }
    if missing.is_empty() && unknown.is_empty() {
        return Ok(text);
    }
    let owned = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect();
    Err(Unresolved { missing: owned(missing), unknown: owned(unknown) })
}

/// How many bytes [`render`] would give, without giving them: a short template that repeats one
/// long value could otherwise fill the memory. A missing value counts as empty.
pub fn rendered_len(template: &str, values: &BTreeMap<String, String>) -> usize {
    pieces(template)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(literal) => literal.len(),
            Piece::Slot { name, default } => {
                values.get(name).map(String::as_str).or(default).map_or(0, str::len)
            }
        })
        .fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests;
