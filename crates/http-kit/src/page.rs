//! Pages: by offset (`page`, `size`) or by keyset (`cursor`), in one envelope.

mod bound;
mod cursor;

use std::fmt::Debug;

use garde::Validate;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{IntoParams, ToSchema};

use crate::problem::ApiResult;

pub use bound::json_bytes;
pub use cursor::{Cursor, wrong_cursor};

pub const DEFAULT_SIZE: u32 = 20;
pub const MAX_SIZE: u32 = 100;

/// The most bytes of JSON that the answer of a list takes.
pub const MAX_PAGE_BYTES: usize = 1024 * 1024;

/// Which page of a list.
#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// 0-based.
    #[garde(range(max = 1_000_000))]
    #[param(default = 0, minimum = 0, maximum = 1_000_000)]
    pub page: u32,
    /// 1-100.
    #[garde(range(min = 1, max = MAX_SIZE))]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub size: u32,
    /// `nextCursor` of the page before; replaces `page`, and costs the same at any depth.
    #[garde(length(bytes, max = 2048))]
    #[param(max_length = 2048, pattern = "^[A-Za-z0-9_-]*$")]
    pub cursor: Option<String>,
    /// How the list is sorted and filtered: a cursor of it is none of another.
    #[garde(skip)]
    #[serde(skip)]
    #[param(ignore)]
    scope: String,
}

impl Default for PageQuery {
    fn default() -> Self {
        Self { page: 0, size: DEFAULT_SIZE, cursor: None, scope: String::new() }
    }
}

impl PageQuery {
    pub fn limit(&self) -> i64 {
        i64::from(self.size)
    }

    /// Rows to pass over; 0 when a cursor is given.
    pub fn offset(&self) -> i64 {
        match self.cursor {
            Some(_) => 0,
            None => i64::from(self.page) * i64::from(self.size),
        }
    }

    /// Says how the list is sorted and filtered. `Paged` does so with the query as it was written;
    /// with the values themselves, a default is the same whether or not it was written out.
    #[must_use]
    pub fn scoped(mut self, scope: &impl Debug) -> Self {
        self.scope = format!("{scope:?}");
        self
    }

    /// The decoded cursor, if one was given.
    ///
    /// # Errors
    /// 400 naming `cursor` when it is not one of ours, or belongs to a list at another path, sorted
    /// or filtered otherwise.
    pub fn cursor<K: DeserializeOwned>(&self) -> ApiResult<Option<K>> {
        let fingerprint = cursor::fingerprint(&self.scope);
        self.cursor.as_deref().map(|text| Cursor::in_list(fingerprint, text)).transpose()
    }
}

/// One page of a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
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
            next_cursor: rows
                .last()
                .filter(|_| more)
                .map(|row| Cursor::of_list(cursor::fingerprint(&query.scope), &key(row))),
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
