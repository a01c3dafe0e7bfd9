//! How words begin that a query marks.

use std::{collections::HashSet, sync::LazyLock};

use crate::chain::{self, Script, script_of};

/// The beginnings of ASCII words, of three letters. Most of a text is passed over by them, before it is cut
/// into words, folded and stemmed.
///
/// Only the last five bits of letters are compared: case makes no difference, and a text may be taken to have a
/// beginning that it has not.
#[derive(Debug, Clone)]
pub struct Beginnings {
    /// A bit for each beginning.
    bits: Vec<u64>,
}

impl Default for Beginnings {
    fn default() -> Self {
        Self { bits: vec![0; (1 << 15) / 64] }
    }
}

impl Beginnings {
    /// Adds the beginning of a word; of one with fewer than three letters, whatever may follow it. Other words
    /// than ASCII ones are in no ASCII text.
    pub fn add(&mut self, word: &str) {
        if !word.is_ascii() || word.is_empty() {
            return;
        }
        let first = number(word.as_bytes());
        let following = 1 << (5 * 3_usize.saturating_sub(word.len()));
        for number in first..first + following {
            self.bits[number / 64] |= 1 << (number % 64);
        }
    }

    /// Returns whether one of the words may begin somewhere in an ASCII text.
    pub fn may_be_within(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        (0..bytes.len()).any(|at| {
            let number = number(&bytes[at..]);
            self.bits[number / 64] & (1 << (number % 64)) != 0
        })
    }
}

/// Returns the number of the first three letters, with zeros for those that are missing.
fn number(bytes: &[u8]) -> usize {
    let letter = |at: usize| usize::from(bytes.get(at).copied().unwrap_or_default() & 31);
    letter(0) << 10 | letter(1) << 5 | letter(2)
}

/// The first characters of words of any script, in plain form, by which other texts than ASCII ones are passed over.
#[derive(Debug, Clone, Default)]
pub struct Initials(HashSet<char>);

impl Initials {
    /// Adds the first character of a word in plain form.
    pub fn add(&mut self, word: &str) {
        self.0.extend(word.chars().find(|c| Traits::of(*c).may_begin));
    }

    /// Returns whether one of the words may begin somewhere in a text.
    pub fn may_be_within(&self, text: &str) -> bool {
        let mut is_inside = false;
        text.chars().any(|c| {
            let traits = Traits::of(c);
            let begins = traits.may_begin && !(is_inside && traits.goes_on);
            is_inside = traits.goes_on_after;
            // Stems lack the article and other prefixes.
            traits.is_arabic || begins && traits.plain_char(c).is_none_or(|c| self.0.contains(&c))
        })
    }
}

/// The traits of a character by which texts are passed over.
#[derive(Clone, Copy)]
struct Traits {
    is_arabic: bool,
    may_begin: bool,
    /// Whether it goes on with a word that it follows: a capital begins a part.
    goes_on: bool,
    /// Whether a word may go on after it.
    goes_on_after: bool,
    plain: Plain,
}

/// The plain form of a character.
#[derive(Clone, Copy)]
enum Plain {
    Known(Option<char>),
    Unknown,
}

/// The traits of all characters below U+0800, those of Latin, Greek, Cyrillic, Hebrew and Arabic among them: to find
/// them takes longer than all else.
static TRAITS: LazyLock<Vec<Traits>> = LazyLock::new(|| {
    let chars = (0..0x800).filter_map(char::from_u32);
    chars.map(|c| Traits { plain: Plain::Known(chain::plain_char(c)), ..Traits::find(c) }).collect()
});

impl Traits {
    fn of(c: char) -> Self {
        TRAITS.get(c as usize).copied().unwrap_or_else(|| Self::find(c))
    }

    fn find(c: char) -> Self {
        let script = script_of(c);
        let has_grams = has_grams(script);
        let is_alphanumeric = c.is_alphanumeric();
        Self {
            is_arabic: script == Script::Arabic,
            may_begin: is_alphanumeric || !c.is_ascii(),
            goes_on: !has_grams && !c.is_uppercase(),
            goes_on_after: !has_grams && is_alphanumeric,
            plain: Plain::Unknown,
        }
    }

    fn plain_char(self, c: char) -> Option<char> {
        match self.plain {
            Plain::Known(plain) => plain,
            Plain::Unknown => chain::plain_char(c),
        }
    }
}

/// Returns whether parts of words in a script are found too.
fn has_grams(script: Script) -> bool {
    script.is_unspaced() || matches!(script, Script::Hangul | Script::Emoji)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_passed_over_only_where_no_word_begins() {
        let mut beginnings = Beginnings::default();
        assert!(!beginnings.may_be_within("anything"));
        for word in ["writing", "c#", "r", "école"] {
            beginnings.add(word);
        }
        for text in ["Write", "typeWriter", "C#", "(c#)", "see R.", "for"] {
            assert!(beginnings.may_be_within(text), "{text}");
        }
        for text in ["", "wait", "wi", "music", "tall"] {
            assert!(!beginnings.may_be_within(text), "{text}");
        }
    }

    #[test]
    fn words_of_any_script_are_known_by_their_first_character() {
        let mut initials = Initials::default();
        for word in ["ubersetzer", "переводчик", "번역", "翻訳", "\u{1f600}"] {
            initials.add(word);
        }
        for text in [
            "Übersetzer",
            "«Перевод»",
            "재번역",
            "日本語の翻訳",
            "ok\u{1f600}",
            "abcÜber",
            "الكتاب",
        ] {
            assert!(initials.may_be_within(text), "{text}");
        }
        for text in ["", "für", "Книга", "«слово»", "日本語", "한국어", "\u{1f601}"]
        {
            assert!(!initials.may_be_within(text), "{text}");
        }
    }
}
