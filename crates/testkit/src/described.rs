//! Checks of problems against the API description of the service that answers them.

use serde_json::Value;

use crate::Answer;

/// The API description that a service serves.
pub(crate) struct Description(Value);

impl Description {
    /// Fetches the description; `None` where there is none: the gateway has none of its own, and a
    /// service may be stopping.
    pub(crate) async fn fetch(base: &str) -> Option<Self> {
        // On its own connection: a test may count those of its client.
        let client = reqwest::Client::builder().no_proxy().build().ok()?;
        let response = client.get(format!("{base}/api-docs/openapi.json")).send().await.ok()?;
        let response = response.error_for_status().ok()?;
        serde_json::from_str(&response.text().await.ok()?).ok().map(Self)
    }

    /// Checks that a problem has one of the codes that the operation lists under its status, if it
    /// lists any there.
    ///
    /// # Panics
    /// When it has another code.
    pub(crate) fn check(&self, method: &http::Method, path: &str, answer: &Answer) {
        let path = path.split('?').next().unwrap_or_default();
        let (status, code) = (answer.status.as_str(), &answer.json["code"]);
        let Some(listed) = self.codes(method.as_str(), path, status) else { return };
        assert!(
            listed.contains(code),
            "{method} {path} answered {status} {code}, and lists only {listed:?} under that status: \
             name the code in the handler's `Problems`",
        );
    }

    /// Returns the codes that an operation lists under a status.
    fn codes(&self, method: &str, path: &str, status: &str) -> Option<&Vec<Value>> {
        let item = self.item(path)?;
        let response = &item[method.to_lowercase()]["responses"][status];
        let schema = &response["content"]["application/problem+json"]["schema"]["allOf"];
        schema[1]["properties"]["code"]["enum"].as_array()
    }

    /// Returns the item of the path's template; among several, that with the first literal segment.
    fn item(&self, path: &str) -> Option<&Value> {
        let items = self.0["paths"].as_object()?.iter();
        let matching = items.filter_map(|(template, item)| Some((literals(template, path)?, item)));
        matching.max_by(|(some, _), (others, _)| some.cmp(others)).map(|(_, item)| item)
    }
}

/// Tells which segments of a template are literal; `None` when the path does not match.
fn literals(template: &str, path: &str) -> Option<Vec<bool>> {
    let (template, path) = (template.split('/'), path.split('/'));
    if template.clone().count() != path.clone().count() {
        return None;
    }
    let segments = template.zip(path).map(|(named, segment)| match named.starts_with('{') {
        true => Some(false),
        false => (named == segment).then_some(true),
    });
    segments.collect()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method, StatusCode};
    use serde_json::json;

    use super::*;

    fn lists(codes: &[&str]) -> Value {
        let schema = json!({"allOf": [{}, {"properties": {"code": {"enum": codes}}}]});
        json!({"responses": {"404": {"content": {"application/problem+json": {"schema": schema}}}}})
    }

    fn check(path: &str, status: u16, code: &str) {
        let description = Description(json!({"paths": {
            "/prompts/{id}": {"get": lists(&["PROMPT_NOT_FOUND"])},
            "/prompts/public": {"get": lists(&["NOTHING_PUBLIC"])},
            "/prompts/{id}/old": {"get": {"responses": {"404": {"description": "Any."}}}},
        }}));
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            text: String::new(),
            json: json!({"code": code}),
        };
        description.check(&Method::GET, path, &answer);
    }

    #[test]
    fn a_code_that_is_listed_passes_and_so_does_any_where_none_are_listed() {
        check("/prompts/7?include=content", 404, "PROMPT_NOT_FOUND");
        check("/prompts/public", 404, "NOTHING_PUBLIC");
        check("/prompts/7/old", 404, "WHATEVER");
        check("/prompts/7", 409, "WHATEVER");
        check("/nothing", 404, "ROUTE_NOT_FOUND");
    }

    #[test]
    #[should_panic(expected = "GET /prompts/7 answered 404 \"NOTHING_PUBLIC\"")]
    fn a_code_that_is_not_listed_fails_the_test() {
        check("/prompts/7", 404, "NOTHING_PUBLIC");
    }

    #[test]
    #[should_panic(expected = "lists only")]
    fn a_template_with_a_literal_segment_wins() {
        check("/prompts/public", 404, "PROMPT_NOT_FOUND");
    }
}
