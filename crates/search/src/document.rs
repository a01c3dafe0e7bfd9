//! Documents, as they are indexed.

use uuid::Uuid;

/// A document as it is indexed. Everything in it may be shown to everybody who finds it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    pub id: Uuid,
    pub title: String,
    pub tags: Vec<String>,
    pub category: String,
    pub description: String,
    /// The text that everybody may read; its first 20,000 characters are indexed.
    pub content: String,
    /// The author's username.
    pub author: String,
    pub author_id: Uuid,
    pub popularity: Popularity,
}

/// The ratings and likes of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Popularity {
    /// The mean rating, from 1 to 5, drawn towards the mean of all where there are few ratings; 0 when
    /// there is none.
    pub weighted_rating: f64,
    pub likes: i64,
    /// The mean rating, from 1 to 5; 0 when there is none.
    pub average_rating: f64,
}

/// A change of the index.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Adds a document, or replaces the one with its id.
    Put(Box<Document>),
    /// Removes a document, if it is there.
    Remove(Uuid),
}
