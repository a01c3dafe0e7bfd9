use std::convert::Infallible;

use auth::Identity;
use axum::{
    body::Body,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use http_kit::{PageQuery, page};

use crate::JsonAnswer;

/// The one who asks, and the tags of the answers that they have.
#[derive(Clone, Debug)]
pub struct Reader {
    pub caller: Option<Identity>,
    known: Vec<HeaderValue>,
}

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self {
            caller: parts.extensions.get::<Identity>().cloned(),
            known: parts.headers.get_all(header::IF_NONE_MATCH).iter().cloned().collect(),
        })
    }
}

impl Reader {
    /// Makes the response: 304 when the reader has the answer. It may be kept, and must be asked for again each
    /// time: what it shows may be hidden by then. With an account the answer is for its owner's caches alone.
    pub fn answer(&self, answer: JsonAnswer) -> Response {
        let caching = if self.caller.is_some() { "private, no-cache" } else { "no-cache" };
        let is_known = self.has(&answer.etag);
        let headers = [
            (header::ETAG, answer.etag),
            (header::CACHE_CONTROL, HeaderValue::from_static(caching)),
            (header::VARY, HeaderValue::from_static("authorization")),
        ];
        if is_known {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (headers, json, Body::from(answer.json)).into_response()
    }

    /// Returns the reader without their account, for an answer that does not depend on it.
    pub fn without_account(self) -> Self {
        Self { caller: None, ..self }
    }

    /// Returns whether a tag is among those that the reader has, by weak comparison. A malformed header counts
    /// as none.
    fn has(&self, etag: &HeaderValue) -> bool {
        let Ok(etag) = etag.to_str() else { return false };
        let mut tags = self.known.iter().filter_map(|value| value.to_str().ok());
        // Our tags have no comma in them.
        tags.any(|list| {
            list.split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
        })
    }
}

/// Returns whether this is the page that a list begins with, of the size that is usual.
pub fn is_first_page(query: &PageQuery) -> bool {
    query.page == 0 && query.size == page::DEFAULT_SIZE && query.cursor.is_none()
}

#[cfg(test)]
mod tests {
    use testkit::user;

    use super::*;

    fn reader(known: &[&'static str]) -> Reader {
        let known = known.iter().map(|value| HeaderValue::from_static(value)).collect();
        Reader { caller: None, known }
    }

    fn answer(body: &str) -> JsonAnswer {
        JsonAnswer::new(&body).unwrap()
    }

    #[test]
    fn a_reader_who_has_the_answer_is_answered_304_with_the_tag() {
        let one = answer("one");
        let tag: &'static str = Box::leak(one.etag.to_str().unwrap().to_owned().into_boxed_str());
        let weak: &'static str = Box::leak(format!("\"x\", W/{tag}").into_boxed_str());
        for known in [tag, weak, "*"] {
            let response = reader(&["\"y\"", known]).answer(one.clone());
            assert_eq!(response.status(), 304, "{known}");
            assert_eq!(response.headers()["etag"], tag);
        }
        for known in [&["\"y\"", "", tag.trim_matches('"')][..], &[]] {
            assert_eq!(reader(known).answer(one.clone()).status(), 200);
        }
        assert_eq!(reader(&[tag]).answer(answer("two")).status(), 200);
    }

    #[test]
    fn a_tag_with_a_revision_is_known_as_a_whole_only() {
        let etag = HeaderValue::from_static("\"3-0f1e\"");
        for same in ["\"3-0f1e\"", "W/\"3-0f1e\"", "\"x\", \"3-0f1e\"", "*"] {
            assert!(reader(&[same]).has(&etag), "{same}");
        }
        for other in ["\"3\"", "3-0f1e", "\"3-0f1e", ""] {
            assert!(!reader(&[other]).has(&etag), "{other}");
        }
        let answer = JsonAnswer::with_revision(3, &"one").unwrap();
        assert!(answer.etag.to_str().unwrap().starts_with("\"3-"), "{:?}", answer.etag);
    }

    #[test]
    fn an_answer_to_an_account_is_kept_by_no_shared_cache() {
        let anyone = reader(&[]).answer(answer("one"));
        assert_eq!(anyone.headers()["cache-control"], "no-cache");
        let ada = Reader { caller: Some(user("ada")), known: Vec::new() };
        let private = ada.answer(answer("one"));
        assert_eq!(private.headers()["cache-control"], "private, no-cache");
        let same_for_all = ada.without_account().answer(answer("one"));
        assert_eq!(same_for_all.headers()["cache-control"], "no-cache");
        for response in [anyone, private, same_for_all] {
            assert_eq!(response.headers()["vary"], "authorization");
            assert_eq!(response.headers()["content-type"], "application/json");
        }
    }
}
