//! What is asked, and the answer.

use uuid::Uuid;

use crate::Highlighter;

/// A search.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Words, `"phrases"`, `-without`, `or`. Every text is a valid keyword; one without words finds
    /// nothing.
    pub keyword: String,
    /// Whether hits have every word. Otherwise, where few have, those that have most are hits too.
    pub needs_all_words: bool,
    /// The category, in any case.
    pub category: Option<String>,
    /// A tag, in any case.
    pub tag: Option<String>,
    /// The author's username, in any case.
    pub author: Option<String>,
    /// The language of the text, as an ISO 639-1 code.
    pub language: Option<String>,
    /// The least average rating.
    pub min_rating: Option<f64>,
    /// The hit after which the page begins.
    pub after: Option<HitKey>,
    /// How many hits the page has at most; 1,000 of more.
    pub limit: usize,
    /// How many hits are passed over, after `after`. No hits come after more than 10,000.
    pub offset: usize,
    /// Whether a second thread ranks some of the documents. No more searches at once than there are pairs of
    /// processors may have one.
    pub on_two_threads: bool,
}

/// The key that hits are ordered by: score and then by id, both descending. It is the same in
/// every index that holds the same documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HitKey {
    pub score: i64,
    pub id: Uuid,
}

/// A page of hits.
#[derive(Debug)]
pub struct Found {
    /// How many documents match, on all pages. Where more than 1,000 have the words of a
    /// phrase, it may be an estimate, and another one the next time.
    pub total: usize,
    pub hits: Vec<HitKey>,
    /// Whether more hits follow those of the page.
    pub has_more: bool,
    /// Marks the words that were searched for, corrected where they were misspelt.
    pub highlighter: Highlighter,
}

/// What may be meant by an unfinished keyword.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The text as its document has it.
    pub text: String,
    pub kind: SuggestionKind,
    /// The document with this title.
    pub document_id: Option<Uuid>,
    /// The author with this username.
    pub author_id: Option<Uuid>,
}

/// What a suggestion's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SuggestionKind {
    Title,
    Tag,
    Category,
    Author,
    Word,
}
