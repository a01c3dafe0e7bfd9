//! The `ETag` of writes, and `If-Match`.
//!
//! The tag of a write's answer is the prompt's revision. That of a read is the revision and a digest of the body,
//! since the body also depends on who asks and on what others did. `If-Match` compares revisions only: a like
//! is in no editor's way.

use std::collections::HashMap;

use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, header, request::Parts};
use http_kit::{ApiError, ApiResult, Json};
use idempotency::Answer;
use ids::UserId;
use utoipa::IntoParams;

use super::prompt_response::PromptResponse;
use crate::{
    domain::{self, UserNames},
    state::AppState,
};

/// A response with the `ETag` for `If-Match`.
pub type PromptWithETag = ([(HeaderName, String); 1], Json<PromptResponse>);

/// Makes the response to a request for a prompt.
pub async fn prompt_with_etag(
    state: &AppState,
    prompt: domain::Prompt,
) -> ApiResult<PromptWithETag> {
    let etag = etag(&prompt);
    Ok(([(header::ETAG, etag)], Json(PromptResponse::load(state, prompt).await?)))
}

/// Makes the response to the creation of a prompt.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn created_prompt(
    prompt: &domain::Prompt,
    names: &HashMap<UserId, UserNames>,
) -> Result<Answer, idempotency::Error> {
    let response = PromptResponse::new(prompt.clone(), names);
    let answer = Answer::created(format!("/prompts/{}", prompt.id), &response)?;
    Ok(answer.with_etag(etag(prompt)))
}

fn etag(prompt: &domain::Prompt) -> String {
    format!("\"{}\"", prompt.revision)
}

/// Extracts the revisions in `If-Match`; `None` when the header allows any, or is absent.
pub struct IfMatch(pub Option<Vec<i64>>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parse(&parts.headers).map(Self)
    }
}

/// The header that a read may come with, for the API's description.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "`read_cache::Reader` extracts it")]
pub struct IfNoneMatchHeader {
    /// The `ETag` last read.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}

fn parse(headers: &HeaderMap) -> ApiResult<Option<Vec<i64>>> {
    let mut values = headers.get_all(header::IF_MATCH).iter().peekable();
    if values.peek().is_none() {
        return Ok(None);
    }
    let malformed = || {
        ApiError::invalid_field(
            "If-Match",
            "must be * or entity tags as ETag gave them, like \"3\"",
        )
    };
    let mut revisions = Vec::new();
    for value in values {
        let text = value.to_str().map_err(|_| malformed())?.trim();
        if text == "*" {
            return Ok(None);
        }
        let tags = tags(text).ok_or_else(malformed)?;
        // The comparison is strong, and tags that this service did not send match nothing.
        revisions.extend(tags.into_iter().filter(|(is_weak, _)| !is_weak).filter_map(revision));
    }
    Ok(Some(revisions))
}

/// Returns the revision in a tag; `None` when this service did not send it.
fn revision((_, tag): (bool, &str)) -> Option<i64> {
    tag.split_once('-').map_or(tag, |(revision, _)| revision).parse().ok()
}

/// Returns the entity tags in a list (RFC 9110, 8.8.3 and 13.1.1), each with whether it is weak; `None` when
/// the text is no list of tags.
fn tags(mut text: &str) -> Option<Vec<(bool, &str)>> {
    let mut tags = Vec::new();
    loop {
        let (weak, quoted) = match text.strip_prefix("W/") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (tag, rest) = quoted.strip_prefix('"')?.split_once('"')?;
        tags.push((weak, tag));
        text = match rest.trim_start().strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if rest.trim().is_empty() => return Some(tags),
            None => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn parsed(values: &[&'static str]) -> Option<Option<Vec<i64>>> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, HeaderValue::from_static(value));
        }
        parse(&headers).ok()
    }

    #[test]
    fn strong_tags_of_ours_are_revisions() {
        assert_eq!(parsed(&["\"3\""]), Some(Some(vec![3])));
        assert_eq!(parsed(&["\"3\", \"4\" ,\"5\"", "\"6\""]), Some(Some(vec![3, 4, 5, 6])));
    }

    #[test]
    fn the_digest_of_a_read_is_no_part_of_the_revision() {
        assert_eq!(parsed(&["\"3-0f1e\", \"4\""]), Some(Some(vec![3, 4])));
        assert_eq!(parsed(&["\"-3\", \"x-3\""]), Some(Some(vec![])));
    }

    #[test]
    fn weak_and_foreign_tags_match_nothing() {
        assert_eq!(parsed(&["W/\"3\""]), Some(Some(vec![])));
        assert_eq!(parsed(&["\"a,b\", W/\"3\", \"4\", \"\""]), Some(Some(vec![4])));
    }

    #[test]
    fn a_star_allows_any_and_so_does_no_header() {
        assert_eq!(parsed(&["*"]), Some(None));
        assert_eq!(parsed(&[]), Some(None));
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for bad in ["", "3", "\"3", "3\"", "\"3\" \"4\"", "\"3\",", "\"3\", *", "w/\"3\""] {
            assert_eq!(parsed(&[bad]), None, "{bad}");
        }
    }
}
