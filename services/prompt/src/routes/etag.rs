//! `ETag` and `If-Match`: a prompt's revision, sent and compared.

use std::collections::HashMap;

use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, header, request::Parts};
use http_kit::{ApiError, ApiResult, Json};
use idempotency::Answer;
use ids::UserId;

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
        revisions.extend(tags(text).ok_or_else(malformed)?);
    }
    Ok(Some(revisions))
}

/// Returns the revisions in a list of entity tags (RFC 9110, 8.8.3 and 13.1.1); `None` when it is not one.
/// Leaves out weak tags, as the comparison is strong, and tags that this service did not send.
fn tags(mut text: &str) -> Option<Vec<i64>> {
    let mut revisions = Vec::new();
    loop {
        let (weak, quoted) = match text.strip_prefix("W/") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (tag, rest) = quoted.strip_prefix('"')?.split_once('"')?;
        if !weak {
            revisions.extend(tag.parse::<i64>().ok());
        }
        text = match rest.trim_start().strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if rest.trim().is_empty() => return Some(revisions),
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
