//! Which page of a list a client asks for, and the call that fetches it.

use std::{
    fmt::Debug,
    future::{Ready, ready},
};

use garde::Validate;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::IntoParams;

use super::{
    DEFAULT_SIZE, MAX_SIZE, Page,
    cursor::{self, Cursor, CursorError},
};

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
    /// The sort and filter of the list: a cursor is valid for one list only.
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

    /// Returns the number of rows to skip; 0 when a cursor is given.
    pub fn offset(&self) -> i64 {
        match self.cursor {
            Some(_) => 0,
            None => i64::from(self.page) * i64::from(self.size),
        }
    }

    /// Sets the sort and filter of the list. `Paged` takes them from the query string; the values
    /// themselves also make an explicit default equal to an omitted one.
    #[must_use]
    pub fn scoped(mut self, scope: &impl Debug) -> Self {
        self.scope = format!("{scope:?}");
        self
    }

    /// Decodes the cursor, if one was given.
    ///
    /// # Errors
    /// When the cursor is malformed, or belongs to a list at another path, sorted or filtered otherwise.
    pub fn cursor<K: DeserializeOwned>(&self) -> Result<Option<K>, CursorError> {
        let fingerprint = cursor::fingerprint(&self.scope);
        self.cursor.as_deref().map(|text| Cursor::in_list(fingerprint, text)).transpose()
    }

    /// Returns the rows to fetch: those of the page, and one that shows whether there are more.
    ///
    /// # Errors
    /// Those of [`cursor`](Self::cursor).
    pub fn slice<K: DeserializeOwned>(&self) -> Result<Slice<K>, CursorError> {
        Ok(Slice { after: self.cursor()?, offset: self.offset(), limit: self.limit() + 1 })
    }

    /// Fetches a page. `rows` fetches a slice of the list, `key` returns the sort key of a row, and `total`
    /// counts the list; nothing is counted when a cursor was given.
    ///
    /// Where `?` follows the call, annotate the error type of `rows`: the errors of `total` and of cursors
    /// convert into it.
    ///
    /// ```
    /// # use http_kit::{Page, PageQuery, page::{CursorError, Slice}};
    /// # type ServiceError = CursorError;
    /// # struct Pool;
    /// # async fn count(_: &Pool) -> Result<i64, CursorError> { Ok(3) }
    /// # async fn rows(_: &Pool, _: Slice<u32>) -> Result<Vec<u32>, CursorError> { Ok(vec![1, 2, 3]) }
    /// async fn list(pool: &Pool, query: &PageQuery) -> Result<Page<String>, ServiceError> {
    ///     let rows = async |slice| -> Result<_, ServiceError> { Ok(rows(pool, slice).await?) };
    ///     let page = query.page(count(pool), rows, |row| *row).await?;
    ///     Ok(page.map(|row| row.to_string()))
    /// }
    /// ```
    ///
    /// # Errors
    /// Those of `total` and `rows`, and [`CursorError`].
    pub async fn page<T, K, C, E>(
        &self,
        total: impl Future<Output = Result<i64, C>>,
        rows: impl AsyncFnOnce(Slice<K>) -> Result<Vec<T>, E>,
        key: impl Fn(&T) -> K,
    ) -> Result<Page<T>, E>
    where
        K: Serialize + DeserializeOwned,
        E: From<CursorError> + From<C>,
    {
        let slice = self.slice()?;
        let total = match slice.after {
            Some(_) => None,
            None => Some(total.await?),
        };
        Ok(Page::new(self, rows(slice).await?, total, key))
    }

    /// Encodes the cursor of the page after the row with that key.
    pub fn cursor_after<K: Serialize>(&self, key: &K) -> String {
        Cursor::of_list(cursor::fingerprint(&self.scope), key)
    }
}

/// A contiguous part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice<K> {
    /// The key of the row before the slice; `offset` is 0 then.
    pub after: Option<K>,
    /// The number of rows to skip.
    pub offset: i64,
    /// The most rows to return.
    pub limit: i64,
}

/// Returns a total that is known already, for [`PageQuery::page`].
pub fn known(total: i64) -> Ready<Result<i64, CursorError>> {
    ready(Ok(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(slice: Slice<i64>) -> Vec<i64> {
        let from = slice.after.map_or(slice.offset, |last| last + 1);
        (from..50).take(slice.limit as usize).collect()
    }

    async fn page(query: &PageQuery) -> Result<Page<i64>, CursorError> {
        query.page(known(50), async |slice| Ok(numbers(slice)), |n| *n).await
    }

    #[tokio::test]
    async fn pages_follow_each_other_by_offset_and_by_cursor() {
        let query = PageQuery { page: 1, ..PageQuery::default() };
        let second = page(&query).await.unwrap();
        assert_eq!(second.content, (20..40).collect::<Vec<_>>());
        assert_eq!((second.total_elements, second.first, second.last), (Some(50), false, false));
        let query = PageQuery { cursor: second.next_cursor, ..query };
        let third = page(&query).await.unwrap();
        assert_eq!(third.content, (40..50).collect::<Vec<_>>());
        assert_eq!((third.total_elements, third.last, third.next_cursor), (None, true, None));
    }

    #[tokio::test]
    async fn nothing_is_fetched_for_a_cursor_that_is_not_one() {
        let query = PageQuery { cursor: Some("x".to_owned()), ..PageQuery::default() };
        let total = async { Err::<i64, _>(CursorError::OfAnotherList) };
        let rows = async |_: Slice<i64>| -> Result<Vec<i64>, _> { Err(CursorError::OfAnotherList) };
        let refused = query.page(total, rows, |n| *n).await;
        assert_eq!(refused.unwrap_err(), CursorError::Unknown);
    }

    #[test]
    fn a_page_can_be_awaited_on_any_thread() {
        fn is_send(_: impl Send) {}
        let (pool, query) = (String::new(), PageQuery::default());
        let rows = async |slice: Slice<i64>| -> Result<_, CursorError> {
            tokio::task::yield_now().await;
            let _ = &pool;
            Ok(numbers(slice))
        };
        is_send(query.page(known(1), rows, |n| *n));
    }
}
