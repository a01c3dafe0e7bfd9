//! `ETag` and `If-Match`: a prompt's revision, out and back.

use std::collections::HashMap;

use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, header, request::Parts};
use http_kit::{ApiError, ApiResult, Json};
use idempotency::Answer;
use ids::UserId;

use super::prompt::Prompt;
use crate::{
    domain::{self, UserNames},
    state::AppState,
};

/// An answer with the `ETag` that `If-Match` takes.
pub type Tagged = ([(HeaderName, String); 1], Json<Prompt>);

pub async fn tagged(state: &AppState, prompt: domain::Prompt) -> ApiResult<Tagged> {
    let etag = etag(&prompt);
    Ok(([(header::ETAG, etag)], Json(Prompt::named(state, prompt).await?)))
}

/// The answer to a new prompt.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn created(
    prompt: &domain::Prompt,
    names: &HashMap<UserId, UserNames>,
) -> Result<Answer, idempotency::Error> {
    let shown = Prompt::new(prompt.clone(), names);
    let answer = Answer::created(format!("/prompts/{}", prompt.id), &shown)?;
    Ok(answer.with_etag(etag(prompt)))
}

fn etag(prompt: &domain::Prompt) -> String {
    format!("\"{}\"", prompt.revision)
}

/// The revisions that `If-Match` allows; `None` when it allows any, or is not there.
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

/// The revisions among a list of entity tags (RFC 9110, 8.8.3 and 13.1.1); `None` when it is not one.
/// A weak tag matches nothing here, as the comparison is a strong one; nor does one that is not ours.
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
