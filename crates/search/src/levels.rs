//! The place of a term in a document, as one number that postings keep as its frequency.

/// A place of a term, the worst first; a document's term has its best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// The content, in which the term is a part of a compound word.
    ContentPart = 1,
    Content = 2,
    Description = 3,
    Category = 4,
    Tag = 5,
    /// In a title of more than eight words.
    LongTitle = 6,
    /// In a title of four to eight words.
    Title = 7,
    /// In a title of two or three words.
    ShortTitle = 8,
    /// The only word of a title.
    OnlyTitle = 9,
}

/// How many numbers there are for levels, with zero.
pub const LEVELS: usize = 10;

/// What a term adds to a document's score, by the frequency that says its level.
pub const WEIGHTS: [u32; LEVELS] = [0, 10, 9, 24, 30, 45, 60, 66, 72, 76];

impl Level {
    /// Returns the level of words in a title of so many words.
    pub fn of_title(words: usize) -> Self {
        match words {
            0..=1 => Self::OnlyTitle,
            2..=3 => Self::ShortTitle,
            4..=8 => Self::Title,
            _ => Self::LongTitle,
        }
    }

    /// Returns the frequency that says the level: the least for the commonest, as each one more costs
    /// the indexing of the term once more.
    pub fn frequency(self) -> u8 {
        match self {
            Self::Content => 1,
            Self::ContentPart => 2,
            level => level as u8,
        }
    }
}
