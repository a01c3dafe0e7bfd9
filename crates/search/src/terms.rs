//! Terms of the index, other than words in plain form: each begins with a letter for its kind.

use crate::chain::{Script, UnspacedText, Word, is_particle, script_of};

/// What separates the parts of a key, before every character of a text.
pub const SEPARATOR: char = '\u{1}';

/// Returns the term of a word with its marks.
pub fn marked(marked: &str) -> String {
    format!("m{marked}")
}

/// Returns the term of a stem in a language.
pub fn stem(language: &str, stem: &str) -> String {
    format!("s{language}{stem}")
}

/// Returns the language and the stem of a term that [`stem`] made.
pub fn stem_parts(term: &str) -> Option<(&str, &str)> {
    term.strip_prefix('s')?.split_at_checked(2)
}

/// Returns the term of neighbouring characters.
pub fn gram(chars: &str) -> String {
    format!("g{chars}")
}

/// Returns the characters of a term that [`gram`] made.
pub fn gram_chars(term: &str) -> Option<&str> {
    term.strip_prefix('g')
}

/// Returns the term of two words side by side.
pub fn pair(first: &str, second: &str) -> String {
    format!("b{first}{second}")
}

/// Returns the term of the beginning of a word.
pub fn prefix(prefix: &str) -> String {
    format!("p{prefix}")
}

/// Returns how all keys of a kind and a value begin.
pub fn key(kind: char, folded: &str) -> String {
    format!("{kind}{folded}{SEPARATOR}")
}

pub const CATEGORY: char = 'c';
pub const TAG: char = 't';
pub const AUTHOR: char = 'a';
pub const LANGUAGE: char = 'l';
/// A whole title, of its words in plain form.
pub const TITLE: char = 'n';
/// A word of a title.
pub const TITLE_WORD: char = 'w';

/// Returns the value of a key, and what follows it.
pub fn key_parts(key: &str) -> Option<(&str, &str)> {
    key.get(1..)?.split_once(SEPARATOR)
}

/// A gram of an unspaced text or a word, with the places of its first and last character.
pub struct Gram {
    pub text: String,
    pub first: usize,
    pub last: usize,
    /// Whether it has a particle, so that texts about the same may be without it.
    pub has_particle: bool,
}

/// Returns the grams of so many characters.
pub fn grams(chars: &[char], length: usize) -> impl Iterator<Item = Gram> {
    chars.windows(length).enumerate().map(move |(first, gram)| Gram {
        text: gram.iter().collect(),
        first,
        last: first + length - 1,
        has_particle: gram.iter().any(|c| is_particle(*c)),
    })
}

/// Returns how many characters the grams of an unspaced text have at most.
pub fn gram_length(unspaced: &UnspacedText) -> usize {
    let longest = if unspaced.script == Script::Southeast { 3 } else { 2 };
    longest.min(unspaced.chars.len())
}

/// Returns the characters of a Korean word, which has grams beside its own form.
pub fn hangul(word: &Word) -> Option<Vec<char>> {
    let chars: Vec<char> = word.plain.chars().collect();
    let korean = chars.len() >= 2 && chars.iter().all(|c| script_of(*c) == Script::Hangul);
    korean.then_some(chars)
}
