//! Which requests ask for the page: browsers that go to an address.

use axum::extract::Request;
use http::{HeaderMap, HeaderName, header};

/// The files whose names hold their digests.
pub const ASSETS: &str = "/assets/";

/// Paths that belong to the API, the gateway and the files, also where there is nothing: a mistake in such a
/// path is a problem, and not a page. What a route names does not come here.
const NOT_OF_THE_CLIENT: [&str; 7] =
    ["/api", "/api-docs", "/assets", "/health", "/internal", "/metrics", "/swagger-ui"];

static SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Tells whether a request is a browser's navigation to an address that may be the client's. Browsers say so
/// in `Sec-Fetch-Mode`; those that do not send it ask for HTML in navigations alone.
pub fn is_for_page(request: &Request) -> bool {
    let headers = request.headers();
    let mode = headers.get(&SEC_FETCH_MODE);
    mode.is_none_or(|mode| mode == "navigate")
        && accepts_html(headers)
        && may_be_of_the_client(request.uri().path())
}

fn may_be_of_the_client(path: &str) -> bool {
    let is_under = |prefix: &str| {
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    // Hidden files are looked for by those who hope for secrets in them.
    !path.contains("/.") && !NOT_OF_THE_CLIENT.into_iter().any(is_under)
}

/// Tells whether `Accept` names HTML; `*/*` is what programs send.
fn accepts_html(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|text| text.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("text/html"))
            && !parts.any(is_refusal)
    })
}

/// Tells whether a parameter is a weight of nothing.
fn is_refusal(parameter: &str) -> bool {
    let weight = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="));
    weight.and_then(|weight| weight.parse::<f32>().ok()).is_some_and(|weight| weight <= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_accepted_only_where_it_is_named() {
        for (accept, expected) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("application/json, TEXT/HTML;q=0.1", true),
            ("text/html ; q=0", false),
            ("text/html;q=0.000", false),
            ("*/*", false),
            ("text/*", false),
            ("text/htmlx", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
            assert_eq!(accepts_html(&headers), expected, "{accept}");
        }
        assert!(!accepts_html(&HeaderMap::new()));
    }

    #[test]
    fn paths_of_the_api_are_told_from_those_of_the_client_by_whole_segments() {
        for path in ["/", "/explore", "/p/1/edit", "/apiary", "/u/ada.l", "/assetsx", "/healthy"] {
            assert!(may_be_of_the_client(path), "{path}");
        }
        for path in
            ["/api", "/api/x", "/internal/prompts/1", "/assets/x.js", "/.env", "/u/.git/config"]
        {
            assert!(!may_be_of_the_client(path), "{path}");
        }
    }
}
