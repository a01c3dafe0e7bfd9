//! Converts the placeholders of other collections, `${Name}` and `${Name:default}`, to `{{Name}}` and
//! `{{Name:default}}`.

use std::collections::{BTreeMap, BTreeSet};

use template::Writer;

/// The way in which a file marks placeholders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Markup {
    /// `${name}` and `${name:default}`; double braces are text
    Dollar,
    /// `{{name}}` and `{{name:default}}`, as this platform does
    DoubleBraces,
}

impl Markup {
    /// Detects the markup of a file's texts: double braces unless one has a placeholder with a dollar.
    pub fn detect<'a>(mut texts: impl Iterator<Item = &'a str>) -> Self {
        let has_placeholder =
            |text| pieces(text).iter().any(|piece| matches!(piece, Piece::Placeholder(_)));
        if texts.any(has_placeholder) { Self::Dollar } else { Self::DoubleBraces }
    }
}

/// A converted text, and the changes to tell its author of.
#[derive(Debug, PartialEq, Eq)]
pub struct Converted {
    pub content: String,
    pub changes: Vec<Change>,
}

/// A change to the text of a prompt that its author should know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A placeholder got another name, since its own has characters that are not allowed here.
    Renamed { from: String, to: String },
    /// Braces that were text in the file were escaped, since they would be a placeholder here.
    Escaped(String),
}

/// Converts a text: every placeholder stays one, and all else stays text.
pub fn convert(text: &str, markup: Markup) -> Converted {
    if markup == Markup::DoubleBraces {
        return Converted { content: text.to_owned(), changes: Vec::new() };
    }
    let pieces = pieces(text);
    let names = names(&pieces);
    let mut writer = Writer::default();
    for piece in &pieces {
        let written = match piece {
            Piece::Text(text) => {
                writer.text(text);
                true
            }
            Piece::Placeholder(placeholder) => {
                let name = names.get(placeholder.name);
                name.is_some_and(|name| writer.placeholder(name, placeholder.default))
            }
        };
        if let (Piece::Placeholder(placeholder), false) = (piece, written) {
            writer.text(placeholder.source);
        }
    }
    let renamed = names.iter().filter(|(from, to)| from != to);
    let mut changes: Vec<Change> = renamed
        .map(|(from, to)| Change::Renamed { from: (*from).to_owned(), to: to.clone() })
        .collect();
    let texts = pieces.iter().filter_map(|piece| match piece {
        Piece::Text(text) => Some(text),
        Piece::Placeholder(_) => None,
    });
    let escaped: BTreeSet<String> = texts.flat_map(|text| template::variables(text)).collect();
    changes.extend(escaped.into_iter().map(Change::Escaped));
    Converted { content: writer.finish(), changes }
}

#[derive(Debug)]
enum Piece<'a> {
    Text(&'a str),
    Placeholder(Placeholder<'a>),
}

#[derive(Clone, Copy, Debug)]
struct Placeholder<'a> {
    /// The whole text, from `${` to `}`.
    source: &'a str,
    name: &'a str,
    default: Option<&'a str>,
}

/// Splits a text at its placeholders. Code in prompts has its own `$` and braces, and shells write
/// `${var:-default}` and `${var//a/b}`: these are text, and so is `${var}` of the same variable.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut shell_variables = BTreeSet::new();
    let (mut pending, mut at) = (0, 0);
    while let Some(found) = text[at..].find("${") {
        let start = at + found;
        at = start + 2;
        let Some(inner) = inner(&text[at..]) else { continue };
        if let Some(name) = shell_variable(inner) {
            shell_variables.insert(name);
        } else if let Some((name, default)) = name_and_default(inner) {
            pieces.push(Piece::Text(&text[pending..start]));
            at += inner.len() + 1;
            pending = at;
            pieces.push(Piece::Placeholder(Placeholder {
                source: &text[start..at],
                name,
                default,
            }));
        }
    }
    pieces.push(Piece::Text(&text[pending..]));
    for piece in &mut pieces {
        if let Piece::Placeholder(placeholder) = *piece
            && placeholder.default.is_none()
            && shell_variables.contains(placeholder.name)
        {
            *piece = Piece::Text(placeholder.source);
        }
    }
    pieces
}

/// Returns the text before the closing brace, if no other brace opens.
fn inner(text: &str) -> Option<&str> {
    let end = text.find(['{', '}'])?;
    text[end..].starts_with('}').then_some(&text[..end])
}

/// Returns the variable of an expansion that only shells know.
fn shell_variable(inner: &str) -> Option<&str> {
    const EXPANSIONS: [&str; 8] = [":-", ":=", ":?", ":+", "//", "#", "%", "["];
    let inner = inner.trim_start_matches(['#', '!']);
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
    let is_expansion = EXPANSIONS.iter().any(|mark| inner[end..].starts_with(mark));
    (end > 0 && is_expansion).then_some(&inner[..end])
}

/// Returns the name and the default of a placeholder.
fn name_and_default(inner: &str) -> Option<(&str, Option<&str>)> {
    let (name, default) = match inner.split_once(':') {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    let is_one_line = !inner.contains(['\n', '\r']);
    (is_one_line && is_name(name)).then_some((name.trim(), default))
}

/// Tells whether a name consists of words of any language, and is no expression of a shell or of
/// JavaScript.
fn is_name(name: &str) -> bool {
    const EXPRESSION: &str = "#%@[]*=<>|\\`\"!;$";
    const OPERATORS: [&str; 4] = ["//", " + ", " ? ", "&&"];
    let is_call =
        name.find('(').is_some_and(|at| name[..at].ends_with(|c: char| c.is_alphanumeric()));
    !is_call
        && !OPERATORS.iter().any(|operator| name.contains(operator))
        && !name.chars().any(|c| c.is_control() || EXPRESSION.contains(c))
        && nearest_name(name).is_some()
}

/// Returns the new name of each placeholder: its own where that is allowed here, else the nearest that is
/// not taken.
fn names<'a>(pieces: &[Piece<'a>]) -> BTreeMap<&'a str, String> {
    let mut names = BTreeMap::new();
    let mut odd = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Placeholder(placeholder) if template::is_name(placeholder.name) => {
                names.insert(placeholder.name, placeholder.name.to_owned());
            }
            Piece::Placeholder(placeholder) => odd.push(placeholder.name),
            Piece::Text(_) => {}
        }
    }
    let mut taken: BTreeSet<String> = names.values().cloned().collect();
    for name in odd {
        if let (false, Some(nearest_name)) = (names.contains_key(name), nearest_name(name)) {
            let mut candidates = (2..).map(|n| format!("{nearest_name} {n}"));
            let mut chosen = nearest_name.clone();
            while !taken.insert(chosen.clone()) {
                chosen = candidates.next().unwrap_or_default();
            }
            names.insert(name, chosen);
        }
    }
    names
}

/// Returns the allowed name nearest to a text: without apostrophes, and with spaces for all other
/// characters that names do not have.
fn nearest_name(text: &str) -> Option<String> {
    /// The most characters of a name that a data set can give a value.
    const MAX_CHARS: usize = 100;
    let without = text.chars().filter(|c| !matches!(c, '\'' | '’' | '‘'));
    let spaced: String = without.map(|c| if template::is_name_char(c) { c } else { ' ' }).collect();
    let mut name = String::new();
    for word in spaced.split_whitespace() {
        let chars = name.chars().count() + 1 + word.chars().count();
        if !name.is_empty() && chars > MAX_CHARS {
            break;
        }
        if !name.is_empty() {
            name.push(' ');
        }
        name.extend(word.chars().take(MAX_CHARS));
    }
    template::is_name(&name).then_some(name)
}

#[cfg(test)]
pub(super) mod tests;
