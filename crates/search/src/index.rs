//! The index.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use uuid::Uuid;

use crate::{
    Change, Document, Found, Highlighter, OpenError, Place, Request, SearchError, Suggestion,
    SuggestionKind, WriteError,
};

type Documents = Arc<RwLock<HashMap<Uuid, Document>>>;

/// Reads an index. Clones share it.
#[derive(Debug, Clone)]
pub struct Index {
    documents: Documents,
}

/// Changes an index. There is one for each index.
#[derive(Debug)]
pub struct Writer {
    documents: Documents,
    pending: Vec<Change>,
    position: Option<String>,
}

impl Index {
    /// Opens the index in a directory, or creates it. An index that is broken, or of another format,
    /// is deleted and begun empty; [`Writer::position`] is then `None`.
    pub fn open(_directory: &Path) -> Result<(Self, Writer), OpenError> {
        Self::in_memory()
    }

    /// Creates an index that is gone with its last handle.
    pub fn in_memory() -> Result<(Self, Writer), OpenError> {
        let documents = Documents::default();
        let writer = Writer { documents: documents.clone(), pending: Vec::new(), position: None };
        Ok((Self { documents }, writer))
    }

    /// Counts the documents.
    pub fn len(&self) -> usize {
        self.documents.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns whether there are no documents.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Searches.
    pub fn search(&self, request: &Request) -> Result<Found, SearchError> {
        let keyword = request.keyword.to_lowercase();
        let words: Vec<String> = keyword.split_whitespace().map(str::to_owned).collect();
        let documents = self.documents.read().unwrap_or_else(PoisonError::into_inner);
        let same = |asked: &Option<String>, has: &str| {
            asked.as_ref().is_none_or(|asked| asked.to_lowercase() == has.to_lowercase())
        };
        let mut hits: Vec<Place> = documents
            .values()
            .filter(|document| same(&request.category, &document.category))
            .filter(|document| same(&request.author, &document.author))
            .filter(|document| {
                document.tags.iter().any(|tag| same(&request.tag, tag)) || request.tag.is_none()
            })
            .filter(|document| {
                let text = format!(
                    "{} {} {} {}",
                    document.title,
                    document.tags.join(" "),
                    document.description,
                    document.content
                )
                .to_lowercase();
                !words.is_empty() && words.iter().all(|word| text.contains(word))
            })
            .map(|document| Place { score: 1, id: document.id })
            .collect();
        hits.sort_by(|a, b| b.cmp(a));
        let total = hits.len();
        let after = hits.into_iter().filter(|hit| request.after.is_none_or(|after| *hit < after));
        let hits = after.skip(request.offset).take(request.limit).collect();
        Ok(Found { total, hits, highlighter: Highlighter::new(words) })
    }

    /// Returns what may be meant by an unfinished keyword, the likeliest first.
    pub fn suggest(&self, typed: &str, limit: usize) -> Result<Vec<Suggestion>, SearchError> {
        let typed = typed.to_lowercase();
        let documents = self.documents.read().unwrap_or_else(PoisonError::into_inner);
        let titles =
            documents.values().filter(|document| document.title.to_lowercase().starts_with(&typed));
        Ok(titles
            .take(limit)
            .map(|document| Suggestion {
                text: document.title.clone(),
                kind: SuggestionKind::Title,
                document_id: Some(document.id),
                author_id: None,
            })
            .collect())
    }

    /// Returns the ids of documents that are like this one, the likest first and never itself. The
    /// document need not be in the index.
    pub fn related(&self, document: &Document, limit: usize) -> Result<Vec<Uuid>, SearchError> {
        let documents = self.documents.read().unwrap_or_else(PoisonError::into_inner);
        let alike = documents.values().filter(|other| {
            other.id != document.id && other.tags.iter().any(|tag| document.tags.contains(tag))
        });
        Ok(alike.take(limit).map(|other| other.id).collect())
    }
}

impl Writer {
    /// Adds changes to the next commit.
    pub fn apply(&mut self, changes: impl IntoIterator<Item = Change>) -> Result<(), WriteError> {
        self.pending.extend(changes);
        Ok(())
    }

    /// Makes the changes searchable and durable, together with the position up to which the index
    /// follows its source.
    pub fn commit(&mut self, position: &str) -> Result<(), WriteError> {
        let mut documents = self.documents.write().unwrap_or_else(PoisonError::into_inner);
        for change in self.pending.drain(..) {
            match change {
                Change::Put(document) => drop(documents.insert(document.id, *document)),
                Change::Remove(id) => drop(documents.remove(&id)),
            }
        }
        self.position = Some(position.to_owned());
        Ok(())
    }

    /// Returns the position of the last commit; `None` when the index was begun empty.
    pub fn position(&self) -> Option<String> {
        self.position.clone()
    }

    /// Removes all documents, with the next commit.
    pub fn clear(&mut self) -> Result<(), WriteError> {
        let documents = self.documents.read().unwrap_or_else(PoisonError::into_inner);
        self.pending = documents.keys().copied().map(Change::Remove).collect();
        Ok(())
    }
}
