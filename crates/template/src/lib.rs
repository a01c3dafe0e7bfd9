//! Placeholders in prompts: `{{name}}` and `{{name:default}}`, found and filled in.
//!
//! The grammar is in `docs/TEMPLATES.md`. Filling in is strict and happens once: a value is never
//! searched for placeholders. Each function takes time linear in its input, even when that is hostile.
//!
//! - [`name`]: the names of placeholders.
//! - [`parse`]: from text to placeholders and text.
//! - [`mod@literals`]: text that looks like a placeholder.
//! - [`mod@write`]: from placeholders and text to a template.

mod literals;
mod name;
mod parse;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashSet};

pub use literals::{MAX_LITERAL_CHARS, MAX_LITERALS, literals};
pub use name::{is_name, is_name_char};
use parse::{Placeholder, Token, placeholders, tokens};
pub use write::Writer;

/// The reasons why a template was not filled in: every name, in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("missing variables: {missing:?}; unknown variables: {unknown:?}")]
pub struct Unresolved {
    /// The names used somewhere without a default, and without a value.
    pub missing: BTreeSet<String>,
    /// The names of values that are used nowhere.
    pub unknown: BTreeSet<String>,
}

/// Returns the names of a template's placeholders, each once, in order of first use.
pub fn variables(template: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    placeholders(template)
        .filter(|placeholder| seen.insert(placeholder.name))
        .map(|placeholder| placeholder.name.to_owned())
        .collect()
}

/// Returns the defaults of a template's placeholders by name: the first one, where a name has several.
pub fn defaults(template: &str) -> BTreeMap<String, String> {
    let mut defaults = BTreeMap::new();
    for Placeholder { name, default } in placeholders(template) {
        if let Some(default) = default {
            defaults.entry(name.to_owned()).or_insert_with(|| default.to_owned());
        }
    }
    defaults
}

/// Returns the template with its placeholders replaced by `values`, or by their own defaults, and its
/// escapes resolved. The caller bounds the size, by [`rendered_len`].
///
/// # Errors
/// [`Unresolved`] when a value is missing or unused.
pub fn render(template: &str, values: &BTreeMap<String, String>) -> Result<String, Unresolved> {
    let mut text = String::with_capacity(template.len());
    let mut unknown: BTreeSet<&str> = values.keys().map(String::as_str).collect();
    let mut missing = BTreeSet::new();
    for token in tokens(template) {
        match token {
            Token::Text(literal) => text.push_str(literal),
            Token::Escape { .. } => {}
            Token::Placeholder { placeholder, .. } => {
                unknown.remove(placeholder.name);
                match value(&placeholder, values) {
                    Some(value) => text.push_str(value),
                    None => {
                        missing.insert(placeholder.name);
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

/// Returns the number of bytes that [`render`] would give: a short template that repeats one long value
/// could otherwise fill the memory. A missing value counts as empty.
pub fn rendered_len(template: &str, values: &BTreeMap<String, String>) -> usize {
    tokens(template)
        .into_iter()
        .map(|token| match token {
            Token::Text(literal) => literal.len(),
            Token::Escape { .. } => 0,
            Token::Placeholder { placeholder, .. } => {
                value(&placeholder, values).map_or(0, str::len)
            }
        })
        .fold(0, usize::saturating_add)
}

fn value<'a>(
    placeholder: &Placeholder<'a>,
    values: &'a BTreeMap<String, String>,
) -> Option<&'a str> {
    values.get(placeholder.name).map(String::as_str).or(placeholder.default)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
