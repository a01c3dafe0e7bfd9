//! Text that looks like a placeholder.

use std::{collections::HashSet, ops::Range};

use crate::{
    name::{is_line_break, is_name, is_name_char},
    parse::{CLOSE, OPEN, Token, tokens},
};

/// The number of literals that are listed at most.
pub const MAX_LITERALS: usize = 50;

/// The number of characters of a literal that are shown; a longer one is cut and ends with `…`.
pub const MAX_LITERAL_CHARS: usize = 100;

/// The characters with which defaults of shells begin: `${name:-value}`.
const SHELL_DEFAULTS: [char; 4] = ['-', '=', '?', '+'];

/// Returns the texts of a template that somebody may take for placeholders, to the letter, each once,
/// in order: `{{…}}` that is no placeholder, and `${name}` or `${name:default}`, which becomes one when
/// it is written in double braces. Text after a backslash is not listed: its author knows.
pub fn literals(template: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    spans(template)
        .into_iter()
        .map(|span| &template[span])
        .filter(|literal| seen.insert(*literal))
        .take(MAX_LITERALS)
        .map(cut)
        .collect()
}

fn cut(literal: &str) -> String {
    match literal.char_indices().nth(MAX_LITERAL_CHARS) {
        Some((end, _)) => format!("{}…", &literal[..end]),
        None => literal.to_owned(),
    }
}

/// Returns the positions of the literals: each pair of braces is looked at when it closes, and an outer
/// literal replaces those inside it.
fn spans(template: &str) -> Vec<Range<usize>> {
    let mut scan = Scan { template, opens: Vec::new(), found: Vec::new(), line: 0, double: None };
    let mut end_of_last = 0;
    for token in tokens(template) {
        let (at, length, is_placeholder) = match token {
            Token::Text(_) => continue,
            Token::Escape { at } => (at, OPEN.len(), false),
            Token::Placeholder { at, length, .. } => (at, length, true),
        };
        scan.read(end_of_last..at);
        end_of_last = at + length;
        if is_placeholder {
            // A text with a placeholder inside does not stay as it is.
            scan.opens.clear();
        } else {
            scan.opens.extend([Open { at, is_text: true }, Open { at: at + 1, is_text: true }]);
        }
    }
    scan.read(end_of_last..template.len());
    scan.found
}

struct Scan<'a> {
    template: &'a str,
    /// Braces that are not closed yet.
    opens: Vec<Open>,
    found: Vec<Range<usize>>,
    /// The position at which the line begins.
    line: usize,
    /// The position of the last `{{`.
    double: Option<usize>,
}

struct Open {
    at: usize,
    /// Whether a backslash comes before it.
    is_text: bool,
}

impl Scan<'_> {
    fn read(&mut self, span: Range<usize>) {
        let start = span.start;
        for (at, c) in self.template[span].char_indices() {
            let at = start + at;
            match c {
                '{' => {
                    if self.opens.last().is_some_and(|open| open.at + 1 == at) {
                        self.double = Some(at - 1);
                    }
                    self.opens.push(Open { at, is_text: false });
                }
                '}' => {
                    if let Some(open) = self.opens.pop() {
                        self.close(&open, at + 1);
                    }
                }
                c if is_line_break(c) => self.line = at,
                _ => {}
            }
        }
    }

    fn close(&mut self, open: &Open, end: usize) {
        let span = match self.template[..open.at].ends_with('$') && self.is_dollar(open.at, end) {
            true => open.at - 1..end,
            false => open.at..end,
        };
        if span.start == open.at && (open.is_text || !is_double(&self.template[span.clone()])) {
            return;
        }
        while self.found.last().is_some_and(|inner| inner.start > span.start) {
            self.found.pop();
        }
        self.found.push(span);
    }

    /// Tells whether the text between the braces would be a placeholder's name, or name and default.
    fn is_dollar(&self, open: usize, end: usize) -> bool {
        let inner = &self.template[open + 1..end - 1];
        let name_end = inner.find(|c| !is_name_char(c) && c != ' ').unwrap_or(inner.len());
        let is_default = |text: &str| match text.strip_prefix(':') {
            // Checked once for all: a default may have thousands of others inside.
            Some(default) => {
                self.line <= open
                    && self.double.is_none_or(|at| at <= open)
                    && !default.starts_with(SHELL_DEFAULTS)
            }
            None => text.is_empty(),
        };
        is_name(inner[..name_end].trim()) && is_default(&inner[name_end..])
    }
}

fn is_double(text: &str) -> bool {
    text.len() >= OPEN.len() + CLOSE.len() && text.starts_with(OPEN) && text.ends_with(CLOSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn lists<const N: usize>(template: &str, expected: [&str; N]) {
        assert_eq!(literals(template), expected, "{template}");
    }

    #[test]
    fn code_in_double_braces_is_listed_to_the_letter() {
        lists(r#"<div style={{ color: "red" }}>"#, [r#"{{ color: "red" }}"#]);
        lists(r#"{{"name": "x"}} {{topic}}"#, [r#"{{"name": "x"}}"#]);
        lists(r#"{{"a": {"b": {"c": 1}}, "d": 2}}"#, [r#"{{"a": {"b": {"c": 1}}, "d": 2}}"#]);
        lists("int a[2][2] = {{1,2},{3,4}};", ["{{1,2},{3,4}}"]);
        lists("{{#if a}}{{name}}{{/if}}", ["{{#if a}}", "{{/if}}"]);
        lists("{{a:two\nlines}} {{}}", ["{{a:two\nlines}}", "{{}}"]);
        lists("{{user's name}} twice: {{user's name}}", ["{{user's name}}"]);
    }

    #[test]
    fn placeholders_of_other_collections_are_listed() {
        lists("${topic} ${topic:cats} ${Ваше имя}", ["${topic}", "${topic:cats}", "${Ваше имя}"]);
        lists("${${a:b}} ${c:{d}}", ["${a:b}", "${c:{d}}"]);
        lists("${x:-1} ${x//a/b} ${#x} ${x[0]} ${user's} ${} $x ${a:b\nc}", []);
    }

    #[test]
    fn what_is_no_literal_is_not_listed() {
        for text in [
            "",
            "{a}",
            "{ {a} }",
            "{{a",
            "a}}",
            "{{a}",
            "{{name}}",
            "{{{name}}}",
            "{{ a {{n}} }}",
            r#"\{{"x"}}"#,
        ] {
            lists(text, []);
        }
    }

    #[test]
    fn literals_are_few_and_short() {
        let many: String = (0..200).map(|n| format!("{{{{{n}!}}}}")).collect();
        assert_eq!(literals(&many).len(), MAX_LITERALS);
        let long = literals(&format!("{{{{{}}}}}", "é!".repeat(5_000)));
        assert_eq!(long[0].chars().count(), MAX_LITERAL_CHARS + 1);
    }
}
