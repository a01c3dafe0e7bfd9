//! From pieces to a template's text.

use crate::{
    name::is_name,
    parse::{BEFORE_CODE, CLOSE, NO_CODE, OPEN, default_len, placeholder_at_start},
};

/// A writer of a template of texts and placeholders, which is read as the same.
#[derive(Debug, Default)]
pub struct Writer {
    template: String,
    /// The text since the last placeholder, not escaped yet: how depends on what follows it.
    text: String,
}

impl Writer {
    /// Adds text, which stays text.
    pub fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds a placeholder. Returns false, and adds nothing, for a name that is none, or a default of
    /// several lines or with unpaired braces.
    pub fn placeholder(&mut self, name: &str, default: Option<&str>) -> bool {
        let default = default.map(str::trim);
        let is_default = |text: &str| default_len(&format!("{text}{CLOSE}")) == Some(text.len());
        if !is_name(name) || !default.is_none_or(is_default) {
            return false;
        }
        let is_after_code = self.text.ends_with(BEFORE_CODE);
        self.put_text(true);
        self.template.push_str(OPEN);
        self.template.push_str(name);
        if let Some(default) = default {
            self.template.push(':');
            if is_after_code {
                self.template.push(NO_CODE);
            }
            self.template.push_str(default);
        }
        self.template.push_str(CLOSE);
        true
    }

    /// Returns the template.
    pub fn finish(mut self) -> String {
        self.put_text(false);
        self.template
    }

    /// Puts away the text: with a backslash before what would be a placeholder, and two for one where
    /// backslashes have a meaning, which is right before two braces.
    fn put_text(&mut self, is_before_placeholder: bool) {
        let text = std::mem::take(&mut self.text);
        let length = text.len();
        let all = if is_before_placeholder { text + OPEN } else { text };
        let mut at = 0;
        while let Some(found) = all[at..length].find(['{', '\\']) {
            self.template.push_str(&all[at..at + found]);
            at += found;
            let rest = &all[at..];
            let braces = rest.trim_start_matches('\\');
            let slashes = rest.len() - braces.len();
            let brace = at + slashes;
            let is_placeholder = |at: usize| at < length && placeholder_len(&all, at).is_some();
            // The backslash that will be put between two braces parts them.
            let is_read =
                braces.starts_with(OPEN) && (is_placeholder(brace) || !is_placeholder(brace + 1));
            let copies = if is_read { 2 * slashes } else { slashes };
            self.template.extend(std::iter::repeat_n('\\', copies));
            at = brace;
            if let Some(placeholder) = placeholder_len(&all, at).filter(|_| at < length) {
                self.template.push('\\');
                self.template.push_str(&all[at..at + placeholder]);
                at += placeholder;
            } else if at < length && slashes == 0 {
                self.template.push('{');
                at += 1;
            }
        }
        self.template.push_str(&all[at.min(length)..length]);
    }
}

/// Returns the length of the placeholder that begins at a byte of a text, if one does.
fn placeholder_len(text: &str, at: usize) -> Option<usize> {
    text[at..]
        .starts_with(OPEN)
        .then(|| placeholder_at_start(&text[..at], &text[at..]))
        .flatten()
        .map(|(_, length)| length)
}
