//! Keeps pages within [`MAX_PAGE_BYTES`].

use serde::Serialize;

use super::{MAX_PAGE_BYTES, Page};

/// The bytes of `"contentTruncated":true`, which is not there yet when a page is measured.
const TRUNCATED: usize = 32;

impl<T> Page<T> {
    /// Returns the number of bytes left until [`MAX_PAGE_BYTES`].
    ///
    /// # Errors
    /// When the items cannot be serialised.
    pub fn bytes_left(&self) -> serde_json::Result<usize>
    where
        T: Serialize,
    {
        Ok(MAX_PAGE_BYTES.saturating_sub(json_bytes(self)? + TRUNCATED))
    }

    /// Keeps the page within [`MAX_PAGE_BYTES`]. `texts` names the long texts of an item, or other
    /// long parts; from the front of the page on they are kept while they fit, and one that does not
    /// fit becomes `None`.
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

    /// As [`Page::bound_texts`], within `most` bytes: for a page that is only part of a response.
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
        let mut left = most.saturating_sub(json_bytes(&self)? + TRUNCATED);
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

    /// Replaces each row by one of its forms, so that the page stays within [`MAX_PAGE_BYTES`].
    /// `forms` lists them from the shortest to the fullest; the shortest is always taken to fit. Space
    /// goes to the second form of every row, from the front of the page on, before any gets its third.
    ///
    /// # Errors
    /// When the items cannot be serialised.
    pub fn fit<U: Serialize>(
        mut self,
        forms: impl FnMut(T) -> Vec<U>,
    ) -> serde_json::Result<Page<U>> {
        let mut rows = Vec::with_capacity(self.content.len());
        for forms in std::mem::take(&mut self.content).into_iter().map(forms) {
            let sizes = forms.iter().map(json_bytes).collect::<serde_json::Result<Vec<_>>>()?;
            rows.push((0, sizes, forms));
        }
        let kinds = rows.iter().map(|(_, sizes, _)| sizes.len()).max().unwrap_or(0);
        let shortest = rows.iter().filter_map(|(_, sizes, _)| sizes.first()).map(|size| size + 1);
        let page: Page<U> = self.with_content(Vec::new());
        let mut left = page.bytes_left()?.saturating_sub(shortest.sum());
        for kind in 1..kinds {
            for (chosen, sizes, _) in &mut rows {
                let (Some(size), true) = (sizes.get(kind), *chosen + 1 == kind) else { continue };
                if let Some(rest) = (left + sizes[*chosen]).checked_sub(*size) {
                    (left, *chosen) = (rest, kind);
                }
            }
        }
        let content_truncated = page.content_truncated
            || rows.iter().any(|(chosen, sizes, _)| chosen + 1 < sizes.len());
        let content =
            rows.into_iter().filter_map(|(chosen, _, forms)| forms.into_iter().nth(chosen));
        Ok(Page { content: content.collect(), content_truncated, ..page })
    }
}

/// Returns the number of bytes that `value` has as JSON.
///
/// # Errors
/// When the value cannot be serialised.
pub fn json_bytes(value: &impl Serialize) -> serde_json::Result<usize> {
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

#[cfg(test)]
mod tests {
    use super::{super::PageQuery, *};

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

    #[test]
    fn every_row_gets_its_second_form_before_any_gets_its_third() {
        let forms = |n: usize| -> Vec<String> {
            [n, 100, 300_000].into_iter().take(n).map(|size| "x".repeat(size)).collect()
        };
        let lengths = |rows: Vec<usize>| {
            let page = Page::new(&PageQuery::default(), rows, None, |n| *n).fit(forms).unwrap();
            assert!(serde_json::to_vec(&page).unwrap().len() <= MAX_PAGE_BYTES);
            let lengths: Vec<_> = page.content.iter().map(String::len).collect();
            (lengths, page.content_truncated)
        };
        assert_eq!(lengths(vec![3, 2, 1]), (vec![300_000, 100, 1], false));
        let three = [vec![300_000; 3], vec![100; 3]].concat();
        assert_eq!(lengths(vec![3; 6]), (three, true));
        assert_eq!(lengths(vec![]), (vec![], false));
    }
}
