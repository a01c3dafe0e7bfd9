//! Documents and indexes of tests.

use search::{Change, Document, Index, Request, Writer};
use uuid::Uuid;

/// Returns a document with a title.
pub fn titled(id: u128, title: &str) -> Document {
    Document {
        id: Uuid::from_u128(id),
        title: title.into(),
        author: "ada".into(),
        author_id: Uuid::from_u128(900),
        ..Document::default()
    }
}

/// Returns a change that puts a document.
pub fn put(document: Document) -> Change {
    Change::Put(Box::new(document))
}

/// Returns an index in memory of documents.
pub fn index_of(documents: impl IntoIterator<Item = Document>) -> (Index, Writer) {
    let (index, mut writer) = Index::in_memory().unwrap();
    writer.apply(documents.into_iter().map(put)).unwrap();
    writer.commit("1").unwrap();
    (index, writer)
}

/// Returns a request for the first page of a keyword.
pub fn keyword(keyword: &str) -> Request {
    Request { keyword: keyword.into(), limit: 100, ..Request::default() }
}

/// Returns the ids that a request finds.
pub fn ids(index: &Index, request: &Request) -> Vec<u128> {
    index.search(request).unwrap().hits.iter().map(|hit| hit.id.as_u128()).collect()
}
