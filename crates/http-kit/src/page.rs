//! Pages of lists: by offset (`page`, `size`) or by keyset (`cursor`), in one envelope.

mod bound;
mod cursor;
mod query;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use bound::json_bytes;
pub use cursor::CursorError;
pub use query::{PageQuery, Slice, known};

pub const DEFAULT_SIZE: u32 = 20;
pub const MAX_SIZE: u32 = 100;

/// The most bytes of a page as JSON.
pub const MAX_PAGE_BYTES: usize = 1024 * 1024;

/// One page of a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    pub content: Vec<T>,
    /// 0-based.
    pub page: u32,
    /// The size asked for; `content` may be shorter.
    pub size: u32,
    /// Left out when the page was reached by cursor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub total_elements: Option<u64>,
    /// Left out when the page was reached by cursor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub total_pages: Option<u64>,
    pub first: bool,
    pub last: bool,
    /// Asks for the page after this one; null on the last.
    pub next_cursor: Option<String>,
    /// True when contents were left out because the page would have been larger than 1 MiB.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub content_truncated: bool,
}

/// What the items of a list carry beyond their summaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Include {
    /// The contents, of which a page has at most 1 MiB.
    Content,
}

impl<T> Page<T> {
    /// A page of `rows`, which the caller fetched with a limit of `size + 1`: the extra row only
    /// tells that there is more. `total` is ignored when a cursor was given.
    pub fn new<K: Serialize>(
        query: &PageQuery,
        mut rows: Vec<T>,
        total: Option<i64>,
        key: impl Fn(&T) -> K,
    ) -> Self {
        let size = query.size as usize;
        let more = rows.len() > size;
        rows.truncate(size);
        let by_cursor = query.cursor.is_some();
        let total = total.filter(|_| !by_cursor).map(|n| n.max(0) as u64);
        Self {
            next_cursor: rows.last().filter(|_| more).map(|row| query.cursor_after(&key(row))),
            content: rows,
            page: if by_cursor { 0 } else { query.page },
            size: query.size,
            total_elements: total,
            total_pages: total.map(|n| n.div_ceil(u64::from(query.size))),
            first: !by_cursor && query.page == 0,
            last: !more,
            content_truncated: false,
        }
    }

    pub fn map<U>(mut self, f: impl FnMut(T) -> U) -> Page<U> {
        let content = std::mem::take(&mut self.content).into_iter().map(f).collect();
        self.with_content(content)
    }

    /// The same page with other things on it: what its rows stand for.
    pub fn with_content<U>(self, content: Vec<U>) -> Page<U> {
        Page {
            content,
            page: self.page,
            size: self.size,
            total_elements: self.total_elements,
            total_pages: self.total_pages,
            first: self.first,
            last: self.last,
            next_cursor: self.next_cursor,
            content_truncated: self.content_truncated,
        }
    }
}

/// Which way a list runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SortDir {
    #[serde(alias = "ASC")]
    Asc,
    #[default]
    #[serde(alias = "DESC")]
    Desc,
}
