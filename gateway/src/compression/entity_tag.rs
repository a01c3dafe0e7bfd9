//! Entity tags of compressed answers.
//!
//! A strong tag names one sequence of bytes, so a compressed answer cannot have the tag of the one that is not:
//! `"3"` becomes `"3-gzip"`. The service knows only `"3"`, so the suffix is taken off `If-Match` and
//! `If-None-Match`. A 304 has the tag that the request named, for a cache finds by it which of its stored
//! answers is meant. Weak tags name a meaning, and stay.

use http::{HeaderMap, HeaderValue, Method, header};

use super::{accept_encoding::Preference, encoder::Coding};

/// The conditions of a request.
#[derive(Default)]
pub struct Conditions {
    /// `If-None-Match` as the client sent it; empty when nothing was taken off.
    if_none_match: Vec<HeaderValue>,
}

impl Conditions {
    /// Takes the suffixes of codings off the tags in a request.
    ///
    /// For a read, a tag is only understood in a coding that this request accepts: a 304 must not lead a
    /// cache to a stored answer that its client cannot read.
    pub fn take_suffixes(method: &Method, headers: &mut HeaderMap, accepts: &Preference) -> Self {
        replace(headers, header::IF_MATCH, |_| true);
        let is_read = method.is_safe();
        let understood = |coding| !is_read || accepts.accepts(coding);
        Self { if_none_match: replace(headers, header::IF_NONE_MATCH, understood) }
    }

    /// Gives a 304 the tag that the request named. Where it named several forms of it, that of `preferred`.
    pub fn put_suffix_back(&self, headers: &mut HeaderMap, preferred: Option<Coding>) {
        let Some(tag) = headers.get(header::ETAG).and_then(opaque) else { return };
        let named = |form: &[u8]| {
            let quoted = self.if_none_match.iter();
            quoted.flat_map(|value| quoted_parts(value.as_bytes())).any(|part| part == form)
        };
        let with_suffix = |coding: Coding| [tag, coding.suffix()].concat();
        let is_named = |coding: &Coding| named(&with_suffix(*coding));
        let coding = preferred.filter(is_named);
        let coding = coding
            .or_else(|| if named(tag) { None } else { Coding::ALL.into_iter().find(is_named) });
        if let Some(coding) = coding {
            add_suffix(headers, coding);
        }
    }
}

/// Adds the suffix of a coding to a strong tag.
pub fn add_suffix(headers: &mut HeaderMap, coding: Coding) {
    let Some(tag) = headers.get(header::ETAG).and_then(opaque) else { return };
    let coded = [b"\"", tag, coding.suffix(), b"\""].concat();
    if let Ok(coded) = HeaderValue::from_bytes(&coded) {
        headers.insert(header::ETAG, coded);
    }
}

/// Returns what is between the quotes of a strong tag.
fn opaque(value: &HeaderValue) -> Option<&[u8]> {
    value.as_bytes().strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// Returns what is between quotes in a list of tags; a tag holds no quote.
fn quoted_parts(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|byte| *byte == b'"').skip(1).step_by(2)
}

/// Takes the suffixes of codings that are `understood` off the tags of a header. Returns the values as they
/// were, if that changed any.
fn replace(
    headers: &mut HeaderMap,
    name: header::HeaderName,
    understood: impl Fn(Coding) -> bool,
) -> Vec<HeaderValue> {
    let suffix_of = |tag: &[u8]| {
        let mut codings = Coding::ALL.into_iter();
        codings.find(|coding| tag.ends_with(coding.suffix()) && understood(*coding))
    };
    let mut values = headers.get_all(&name).iter();
    if !values.any(|value| quoted_parts(value.as_bytes()).any(|tag| suffix_of(tag).is_some())) {
        return Vec::new();
    }
    let before: Vec<HeaderValue> = headers.get_all(&name).iter().cloned().collect();
    headers.remove(&name);
    for value in &before {
        let mut parts = Vec::new();
        for (i, part) in value.as_bytes().split(|byte| *byte == b'"').enumerate() {
            let suffix = suffix_of(part).filter(|_| i % 2 == 1);
            parts.push(&part[..part.len() - suffix.map_or(0, |coding| coding.suffix().len())]);
        }
        let replaced = HeaderValue::from_bytes(&parts.join(&b'"'));
        headers.append(&name, replaced.unwrap_or_else(|_| value.clone()));
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (name.parse::<header::HeaderName>().unwrap(), HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    /// Returns the condition that the service sees.
    fn seen(
        method: &Method,
        name: &'static str,
        value: &'static str,
        accepts: &'static str,
    ) -> String {
        let mut headers = headers(&[(name, value), ("accept-encoding", accepts)]);
        let preference = Preference::read(&headers);
        Conditions::take_suffixes(method, &mut headers, &preference);
        headers[name].to_str().unwrap().to_owned()
    }

    #[test]
    fn the_service_sees_its_own_tags() {
        for (given, expected) in [
            (r#""3-gzip""#, r#""3""#),
            (r#""3-br", "4-zstd" , "5""#, r#""3", "4" , "5""#),
            (r#"W/"3-gzip""#, r#"W/"3""#),
            (r#""a,b-gzip-br""#, r#""a,b-gzip""#),
            (r#""-gzip""#, r#""""#),
            (r#""3-GZIP""#, r#""3-GZIP""#),
            ("*", "*"),
            ("3-gzip", "3-gzip"),
            (r#""a-gzip" -gzip"#, r#""a" -gzip"#),
        ] {
            assert_eq!(seen(&Method::PATCH, "if-match", given, "identity"), expected);
            assert_eq!(seen(&Method::GET, "if-none-match", given, "*"), expected);
            assert_eq!(seen(&Method::PUT, "if-none-match", given, "identity"), expected);
        }
    }

    #[test]
    fn a_read_is_not_told_that_a_form_that_it_refuses_has_not_changed() {
        for accepts in ["identity", "br", "gzip;q=0, *"] {
            let given = r#""3-gzip""#;
            assert_eq!(seen(&Method::GET, "if-none-match", given, accepts), given, "{accepts}");
        }
    }

    #[test]
    fn a_304_has_the_tag_that_the_request_named() {
        for (named, of_service, expected) in [
            (r#""3-gzip""#, r#""3""#, r#""3-gzip""#),
            (r#""3""#, r#""3""#, r#""3""#),
            (r#""3", "3-gzip""#, r#""3""#, r#""3-gzip""#),
            (r#""3", "3-br""#, r#""3""#, r#""3""#),
            (r#""2-gzip", "3""#, r#""3""#, r#""3""#),
            (r#""3-br""#, r#""3""#, r#""3-br""#),
            (r#"W/"3-gzip""#, r#""3""#, r#""3-gzip""#),
            (r#""3-gzip""#, r#"W/"3""#, r#"W/"3""#),
            ("*", r#""3""#, r#""3""#),
        ] {
            let mut request =
                headers(&[("if-none-match", named), ("accept-encoding", "gzip, br;q=0.5")]);
            let preference = Preference::read(&request);
            let conditions = Conditions::take_suffixes(&Method::GET, &mut request, &preference);
            let mut response = headers(&[("etag", of_service)]);
            conditions.put_suffix_back(&mut response, preference.coding);
            assert_eq!(response["etag"], expected, "{named} {of_service}");
        }
    }
}
