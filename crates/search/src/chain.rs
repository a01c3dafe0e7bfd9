//! The one chain that texts go through, when they are indexed, asked for and highlighted.
//!
//! A text is cut into [`Piece`]s: words (with their parts, if they are compound) and texts in scripts
//! that are written without spaces. Words have a marked and a plain form, and stems.

mod fold;
mod language;
mod pieces;
mod scripts;
mod stems;
mod stop_words;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub use fold::plain_form;
pub use fold::{marked_form, plain_char};
pub use language::{Detected, detect, detect_language, guess_language, known_language};
pub use pieces::{Piece, UnspacedText, Word, pieces};
pub use scripts::{Script, is_particle, script_of};
pub use stems::{languages_of, stems};
pub use stop_words::is_stop_word;

/// The longest word in characters; the rest of a longer one is ignored.
pub const MAX_WORD_CHARS: usize = 40;

/// Cuts a text after a number of characters.
pub fn cut(text: &str, max_chars: usize) -> &str {
    text.char_indices().nth(max_chars).map_or(text, |(end, _)| &text[..end])
}
