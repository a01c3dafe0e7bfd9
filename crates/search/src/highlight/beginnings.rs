//! How words begin that a query marks.

/// The beginnings of ASCII words, of three letters. Most of a text is passed over by them, before it is cut
/// into words, folded and stemmed.
///
/// Of a letter only its last five bits are compared: case makes no difference, and a text may be taken to have
/// a beginning that it has not.
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
}
