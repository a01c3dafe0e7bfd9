//! A search engine over documents with titles, tags and texts in any language. It is embedded: one
//! directory on disk, one writer, any number of readers. No type of the engine behind it is public.
//!
//! Calls block, so asynchronous code makes them on threads for blocking work.
//!
//! ```
//! use search::{Change, Document, Index, Request, Popularity};
//! use uuid::Uuid;
//!
//! let (index, mut writer) = Index::in_memory()?;
//! let document = Document {
//!     id: Uuid::from_u128(1),
//!     title: "Linux terminal".into(),
//!     tags: vec!["shell".into()],
//!     category: "Coding".into(),
//!     description: "Answers as a terminal does.".into(),
//!     content: "I want you to act as a linux terminal.".into(),
//!     author: "ada".into(),
//!     author_id: Uuid::from_u128(2),
//!     popularity: Popularity::default(),
//! };
//! writer.apply([Change::Put(Box::new(document))])?;
//! writer.commit("42")?;
//! assert_eq!(writer.position().as_deref(), Some("42"));
//!
//! let request = Request { keyword: "linux termnal".into(), limit: 10, ..Request::default() };
//! let found = index.search(&request)?;
//! assert_eq!((found.total, found.hits[0].id), (1, Uuid::from_u128(1)));
//! let passage = found.highlighter.passage(&["I want you to act as a <linux> terminal."], 200);
//! assert_eq!(
//!     passage.as_deref(),
//!     Some("I want you to act as a &lt;<mark>linux</mark>&gt; <mark>terminal</mark>.")
//! );
//!
//! // The page after a hit.
//! let next = Request { after: Some(found.hits[0]), ..request };
//! assert!(index.search(&next)?.hits.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chain;
mod directory;
mod document;
mod encode;
mod error;
mod highlight;
mod index;
mod levels;
mod lines;
mod lookups;
mod open;
mod popularity;
mod position;
mod query;
mod ranking;
mod related;
mod request;
mod schema;
mod snapshot;
mod suggest;
mod terms;
mod writer;

pub use chain::detect_language;
pub use document::{Change, Document, Popularity};
pub use error::{OpenError, SearchError, WriteError};
pub use highlight::Highlighter;
pub use index::Index;
pub use request::{Found, HitKey, Request, Suggestion, SuggestionKind};
pub use writer::Writer;
