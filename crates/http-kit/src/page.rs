//! Pages: by offset (`page`, `size`) or by keyset (`cursor`), in one envelope.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use garde::Validate;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{IntoParams, ToSchema};

use crate::problem::{ApiError, ApiResult};

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
    #[garde(length(bytes, max = 512))]
    #[param(max_length = 512, pattern = "^[A-Za-z0-9_-]*$")]
    pub cursor: Option<String>,
}

impl Default for PageQuery {
    fn default() -> Self {
        Self { page: 0, size: DEFAULT_SIZE, cursor: None }
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

    /// The decoded cursor, if one was given.
    ///
    /// # Errors
    /// 400 naming `cursor` when it is not one of ours.
    pub fn cursor<K: DeserializeOwned>(&self) -> ApiResult<Option<K>> {
        self.cursor.as_deref().map(Cursor::decode).transpose()
    }
}

/// A keyset position: the sort key of the last row seen, opaque to clients.
pub struct Cursor;

impl Cursor {
    pub fn encode<K: Serialize>(key: &K) -> String {
        // Keys are tuples of numbers, text and ids: they always serialise.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
    }

    /// # Errors
    /// 400 naming `cursor` when it is not one of ours.
    pub fn decode<K: DeserializeOwned>(text: &str) -> ApiResult<K> {
        URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            // No text in Postgres holds U+0000, so no cursor of ours does.
            .filter(|bytes| !bytes.windows(6).any(|window| window == br"\u0000"))
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or_else(wrong_cursor)
    }
}

/// 400 naming `cursor`: not one of ours, or one of another list.
pub fn wrong_cursor() -> ApiError {
    ApiError::invalid_field("cursor", "is not a cursor that this list gave")
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
            next_cursor: rows.last().filter(|_| more).map(|row| Cursor::encode(&key(row))),
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

    /// Keeps the page within [`MAX_PAGE_BYTES`]. `texts` names the long texts of an item, or other long
    /// parts; from the front of the page on they are kept while they fit, and one that does not fit
    /// becomes `None`.
    ///
    /// # Errors
    /// When the items cannot be serialised.
    pub fn bound_texts<V: Serialize>(
        self,
        texts: impl Fn(&mut T) -> Vec<&mut Option<V>>,
    ) -> serde_json::Result<Self>
    where
        T: Serialize,
    {
        self.bound_texts_to(MAX_PAGE_BYTES, texts)
    }

    /// The same, within another number of bytes: where the page is only part of an answer.
    ///
    /// # Errors
    /// When the items cannot be serialised.
    pub fn bound_texts_to<V: Serialize>(
        mut self,
        most: usize,
        texts: impl Fn(&mut T) -> Vec<&mut Option<V>>,
    ) -> serde_json::Result<Self>
    where
        T: Serialize,
    {
        let held: Vec<Vec<Option<V>>> = self
            .content
            .iter_mut()
            .map(|item| texts(item).into_iter().map(Option::take).collect())
            .collect();
        // `"contentTruncated":true` is not written yet.
        let mut left = most.saturating_sub(json_bytes(&self)? + 32);
        for (item, held) in self.content.iter_mut().zip(held) {
            for (text, held) in texts(item).into_iter().zip(held) {
                let Some(held) = held else { continue };
                match left.checked_sub(json_bytes(&held)?) {
                    Some(rest) => {
                        left = rest;
                        *text = Some(held);
                    }
                    None => self.content_truncated = true,
                }
            }
        }
        Ok(self)
    }
}

/// How many bytes `value` takes as JSON.
fn json_bytes(value: &impl Serialize) -> serde_json::Result<usize> {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    serde_json::to_writer(&mut count, value)?;
    Ok(count.0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Item {
        title: String,
        content: Option<String>,
    }

    fn page(contents: &[String]) -> Page<Item> {
        let items = contents
            .iter()
            .map(|text| Item { title: "t".to_owned(), content: Some(text.clone()) })
            .collect();
        Page::new(&PageQuery::default(), items, None, |item| item.title.clone())
            .bound_texts(|item| vec![&mut item.content])
            .unwrap()
    }

    #[test]
    fn contents_are_kept_while_they_fit_and_the_page_says_when_some_do_not() {
        let small = page(&["a".to_owned(), "b".to_owned()]);
        assert!(
            !small.content_truncated && small.content.iter().all(|item| item.content.is_some())
        );

        // Each of these characters takes six bytes as JSON.
        let large = "\u{1}".repeat(100_000);
        let page = page(&[large.clone(), large, "c".to_owned()]);
        let kept: Vec<bool> = page.content.iter().map(|item| item.content.is_some()).collect();
        assert_eq!(kept, [true, false, true]);
        assert!(page.content_truncated);
        assert!(serde_json::to_vec(&page).unwrap().len() <= MAX_PAGE_BYTES);
    }
}
