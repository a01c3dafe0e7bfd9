//! Path and query parameters.

use std::fmt::Debug;

use axum::{
    extract::{FromRequestParts, path::ErrorKind, rejection::PathRejection},
    response::IntoResponse,
};
use garde::Validate;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::{validate, wording};
use crate::{
    page::PageQuery,
    problem::{ApiError, ApiResult, FieldErrors},
};

/// Parsed path parameters.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        if has_nul(parts.uri.path()) {
            return Err(ApiError::invalid_field("path", NUL));
        }
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => {
                let problem = error.body_text();
                Err(match error.into_kind() {
                    ErrorKind::ParseErrorAtKey { key, expected_type, .. } => {
                        ApiError::invalid_field(&key, wording::of_type(expected_type))
                    }
                    ErrorKind::ParseError { expected_type, .. } => {
                        ApiError::invalid_field("path", wording::of_type(expected_type))
                    }
                    ErrorKind::DeserializeError { key, message, .. } => {
                        ApiError::invalid_field(&key, wording::plain(&message))
                    }
                    ErrorKind::InvalidUtf8InPathParam { key } => {
                        ApiError::invalid_field(&key, "is not valid UTF-8")
                    }
                    _ => ApiError::invalid_field("path", wording::plain(&problem)),
                })
            }
            Err(other) => Err(ApiError::internal(anyhow::anyhow!(
                "path extractor: {}",
                other.into_response().status()
            ))),
        }
    }
}

/// Query parameters, parsed and checked by their type's rules.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned + Validate<Context = ()>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parse(parts.uri.query().unwrap_or_default()).map(Query)
    }
}

/// The query parameters of a list: the page, and the list's own filters. They are two structs, since a
/// flattened one would read every number as text; the problems of both are reported at once.
#[derive(Debug)]
pub struct Paged<F> {
    pub page: PageQuery,
    pub filter: F,
}

impl<F, S> FromRequestParts<S> for Paged<F>
where
    F: DeserializeOwned + Validate<Context = ()> + Debug,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        match (parse(query), parse(query)) {
            (Ok(page), Ok(filter)) => {
                let page: PageQuery = page;
                Ok(Self { page: page.scoped(&scope::<F>(query)?), filter })
            }
            (Err(page), Err(filter)) => Err(page.and_fields_of(filter)),
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }
}

/// Returns the sort and filter of a list in a canonical form: an explicit default or an unknown
/// parameter does not make another list.
fn scope<F: DeserializeOwned + Validate<Context = ()> + Debug>(query: &str) -> ApiResult<String> {
    const OF_THE_PAGE: [&str; 4] = ["page", "size", "cursor", "include"];
    let mut pairs: Pairs = serde_html_form::from_str(query).unwrap_or_default();
    pairs.retain(|(name, _)| !OF_THE_PAGE.contains(&name.as_str()));
    let filter: F = parse(&serde_html_form::to_string(&pairs).map_err(ApiError::internal)?)?;
    Ok(format!("{filter:?}"))
}

const NUL: &str = "must not contain the character U+0000";

fn has_nul(text: &str) -> bool {
    text.contains("%00")
}

/// A text that is not a number, a boolean, an id, a time or a name of ours.
const ANY_TEXT: &str = "-";

type Pairs = Vec<(String, String)>;

fn parse<T: DeserializeOwned + Validate<Context = ()>>(query: &str) -> ApiResult<T> {
    let mut errors = FieldErrors::new();
    let mut pairs: Pairs = serde_html_form::from_str(query)
        .map_err(|error| ApiError::invalid_field("query", wording::plain(&error.to_string())))?;
    pairs.retain(|(name, value)| {
        let nul = value.contains('\0');
        if nul {
            errors.entry(name.clone()).or_default().push(NUL.to_owned());
        }
        !nul
    });
    // `?q=` means the same as no `q`, and `?size=` is refused: an empty text is a text, but not a
    // number or a name. Libraries take it for an absent value, so a plain text stands in for it.
    if pairs.iter().any(|(_, value)| value.is_empty()) {
        let mut filled = pairs.clone();
        for (_, value) in filled.iter_mut().filter(|(_, value)| value.is_empty()) {
            ANY_TEXT.clone_into(value);
        }
        read::<T>(&mut filled, &mut errors)?;
        pairs.retain(|(name, value)| !value.is_empty() && !errors.contains_key(name));
    }
    let value = read::<T>(&mut pairs, &mut errors)?;
    let mut rules = FieldErrors::new();
    validate(&value, &mut rules);
    for (field, problems) in rules {
        errors.entry(field).or_insert(problems);
    }
    if errors.is_empty() { Ok(value) } else { Err(ApiError::invalid(errors)) }
}

/// Parses `pairs`; notes and removes those that cannot be parsed.
fn read<T: DeserializeOwned>(pairs: &mut Pairs, errors: &mut FieldErrors) -> ApiResult<T> {
    loop {
        let text = serde_html_form::to_string(&*pairs).map_err(ApiError::internal)?;
        let deserializer = serde_html_form::Deserializer::from_bytes(text.as_bytes());
        let error = match serde_path_to_error::deserialize::<_, T>(deserializer) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let problem = error.inner().to_string();
        let field = error.path().iter().find_map(|segment| match segment {
            Segment::Map { key } => Some(key.clone()),
            _ => None,
        });
        let before = pairs.len();
        if let Some(field) = field {
            errors.entry(field.clone()).or_default().push(wording::plain(&problem));
            pairs.retain(|(name, _)| *name != field);
        } else if let Some(missing) =
            problem.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'))
        {
            errors.insert(missing.to_owned(), vec!["is required".to_owned()]);
        } else {
            errors.insert("query".to_owned(), vec![wording::plain(&problem)]);
        }
        if pairs.len() == before {
            return Err(ApiError::invalid(std::mem::take(errors)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Page, PageQuery};
    use serde::Deserialize;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(rename_all = "camelCase", default)]
    #[derive(Default)]
    struct Filter {
        #[garde(skip)]
        sort_by: Option<Sort>,
        #[garde(range(min = 1))]
        min_rating: Option<u8>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Sort {
        CreatedAt,
        ViewsCount,
    }

    #[test]
    fn every_bad_parameter_is_named_with_what_is_allowed() {
        let seen = format!("{:?}", parse::<Filter>("sortBy=nope&minRating=0").unwrap_err());
        assert!(seen.contains("must be createdAt or viewsCount"), "{seen}");
        assert!(seen.contains("minRating"), "{seen}");
        let seen = format!("{:?}", parse::<PageQuery>("page=-1&size=101").unwrap_err());
        assert!(seen.contains("\"page\"") && seen.contains("\"size\""), "{seen}");
    }

    #[tokio::test]
    async fn a_bad_page_does_not_hide_a_bad_filter() {
        let request = http::Request::get("/?page=-1&sortBy=nope").body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        let error = Paged::<Filter>::from_request_parts(&mut parts, &()).await.unwrap_err();
        let seen = format!("{error:?}");
        assert!(seen.contains("\"page\"") && seen.contains("\"sortBy\""), "{seen}");
    }

    #[tokio::test]
    async fn a_cursor_stays_good_for_another_size_and_not_for_another_sort() {
        let read = async |query: &str| {
            let request = http::Request::get(format!("/?{query}")).body(()).unwrap();
            let (mut parts, ()) = request.into_parts();
            Paged::<Filter>::from_request_parts(&mut parts, &()).await.unwrap().page
        };
        let first = read("sortBy=viewsCount&minRating=3&size=2").await;
        let cursor = Page::new(&first, vec![1, 2, 3], None, |n| *n).next_cursor.unwrap();
        for same in ["size=9&minRating=3&sortBy=viewsCount", "sortBy=viewsCount&minRating=3&page=0"]
        {
            let page = read(&format!("{same}&cursor={cursor}")).await;
            assert_eq!(page.cursor::<i32>().unwrap(), Some(2), "{same}");
        }
        for other in ["sortBy=createdAt&minRating=3", "sortBy=viewsCount", "minRating=3"] {
            let page = read(&format!("{other}&cursor={cursor}")).await;
            page.cursor::<i32>().unwrap_err();
        }
    }

    #[test]
    fn an_empty_text_is_as_good_as_none_and_an_empty_number_or_name_is_refused() {
        assert!(parse::<PageQuery>("cursor=").unwrap().cursor.is_none());
        let seen = format!("{:?}", parse::<Filter>("sortBy=&minRating=").unwrap_err());
        assert!(seen.contains("sortBy") && seen.contains("minRating"), "{seen}");
        assert_eq!(parse::<PageQuery>("").unwrap().size, 20);
        assert!(matches!(
            parse::<Filter>("sortBy=viewsCount").unwrap().sort_by,
            Some(Sort::ViewsCount)
        ));
        assert!(matches!(
            parse::<Filter>("sortBy=createdAt").unwrap().sort_by,
            Some(Sort::CreatedAt)
        ));
    }

    #[test]
    fn a_nul_is_refused() {
        assert!(
            format!("{:?}", parse::<PageQuery>("cursor=a%00b").unwrap_err()).contains("U+0000")
        );
    }
}
