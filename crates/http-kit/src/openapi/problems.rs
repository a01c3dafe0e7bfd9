//! The problems among an operation's responses: one response for each status, which lists the codes.

use std::{
    collections::{BTreeMap, BTreeSet},
    marker::PhantomData,
};

use serde_json::Value;
use utoipa::{
    IntoResponses,
    openapi::{
        ContentBuilder, Ref, RefOr, Response, ResponseBuilder, Schema,
        path::{Operation, Parameter, ParameterIn},
        schema::{AllOfBuilder, ObjectBuilder, Type},
        security::SecurityRequirement,
    },
};

use crate::problem::{ProblemCode, ProblemCodes, codes};

const PROBLEM_JSON: &str = "application/problem+json";

/// The problems that an operation answers: the type of a code, or a tuple of such types. Those that
/// follow from its input and its callers are added by [`finish`](super::finish).
pub struct Problems<T>(PhantomData<T>);

impl<T: ProblemCodes> IntoResponses for Problems<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut by_status: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
        for ProblemCode { status, code } in T::list() {
            by_status.entry(status).or_default().insert(code);
        }
        let by_status = by_status.into_iter();
        by_status
            .map(|(status, codes)| {
                (status.to_string(), RefOr::T(problem(description(status), &codes)))
            })
            .collect()
    }
}

/// Returns the description of a response.
fn description(status: u16) -> &'static str {
    match status {
        400 => "Not valid: every bad field is named under `errors`.",
        401 => "No token, or a bad one.",
        402 => "The payment was declined.",
        403 => "Signed in, but not allowed to do this.",
        404 => "No such thing, or not visible to you.",
        409 => "In conflict with the present state.",
        412 => "Changed since you read it: `If-Match` does not match.",
        413 => "The body is too large.",
        415 => "The body is not `application/json`.",
        422 => "Understood, but cannot be processed.",
        429 => "Too many requests; see `Retry-After`.",
        503 => "A dependency is away, or busy; try again after `Retry-After` seconds.",
        504 => "Not answered in time.",
        _ => "Something went wrong on our side.",
    }
}

/// Returns a response whose body is a problem with one of `codes`.
fn problem(description: &str, codes: &BTreeSet<&str>) -> Response {
    let codes = Some(codes.iter().copied());
    let code = ObjectBuilder::new().schema_type(Type::String).enum_values(codes);
    let with_code = ObjectBuilder::new().property("code", code);
    let any = Ref::from_schema_name("Problem");
    let schema = Schema::from(AllOfBuilder::new().item(any).item(with_code).build());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content(PROBLEM_JSON, content).build()
}

/// Returns the description of a response and the codes that it lists, if it lists any.
fn listed(response: &RefOr<Response>) -> Option<(&str, BTreeSet<&str>)> {
    let RefOr::T(response) = response else { return None };
    let RefOr::T(content) = response.content.get(PROBLEM_JSON)? else { return None };
    let RefOr::T(Schema::AllOf(all)) = content.schema.as_ref()? else { return None };
    let RefOr::T(Schema::Object(object)) = all.items.get(1)? else { return None };
    let RefOr::T(Schema::Object(code)) = object.properties.get("code")? else { return None };
    let codes = code.enum_values.iter().flatten().filter_map(Value::as_str);
    Some((&response.description, codes.collect()))
}

/// Adds the codes that follow from an operation's input and callers.
pub(super) fn add_common(operation: &mut Operation) {
    let needs_user = needs_user(operation);
    let common = common(operation);
    let responses = &mut operation.responses.responses;
    for ProblemCode { status, code } in common {
        let text = match status {
            401 if !needs_user => "The access token is not good, or its session is over.",
            _ => description(status),
        };
        let added = BTreeSet::from([code]);
        let key = status.to_string();
        let response = match responses.get(&key).map(listed) {
            None => problem(text, &added),
            Some(Some((description, codes))) => problem(description, &(&codes | &added)),
            // A handler describes this status by itself, and lists no codes.
            Some(None) => continue,
        };
        responses.insert(key, RefOr::T(response));
    }
}

/// Returns the codes that extractors and layers answer.
fn common(operation: &Operation) -> Vec<ProblemCode> {
    let mut common = vec![
        codes::InvalidToken::CODE,
        codes::InvalidIdentity::CODE,
        codes::InternalError::CODE,
        codes::DependencyUnavailable::CODE,
        codes::TooBusy::CODE,
        codes::UpstreamTimeout::CODE,
    ];
    if needs_user(operation) {
        common.push(codes::AuthenticationRequired::CODE);
    }
    let has_body = operation.request_body.is_some();
    if has_body {
        common.extend([
            codes::MalformedJson::CODE,
            codes::TooManyValues::CODE,
            codes::BodyUnreadable::CODE,
            codes::BodyTooLarge::CODE,
            codes::UnsupportedMediaType::CODE,
            codes::UnsupportedContentEncoding::CODE,
        ]);
    }
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    if has_body || !parameters.is_empty() {
        common.push(codes::ValidationFailed::CODE);
    }
    let is_in_path = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Path,
        RefOr::Ref(_) => false,
    };
    if parameters.iter().any(is_in_path) {
        // The gateway's answer to a path that could be read in two ways.
        common.push(codes::BadPath::CODE);
    }
    common
}

/// Whether only signed-in users may call the operation.
fn needs_user(operation: &Operation) -> bool {
    let ways = operation.security.as_deref().unwrap_or_default();
    !ways.is_empty() && !ways.contains(&SecurityRequirement::default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use utoipa_axum::{router::OpenApiRouter, routes};

    use super::*;
    use crate::{openapi::finish, problem::codes::Forbidden, problem_codes};

    problem_codes! {
        PromptNotFound = 404 PROMPT_NOT_FOUND;
        VersionNotFound = 404 VERSION_NOT_FOUND;
        SelfFollow = 400 CANNOT_FOLLOW_SELF;
    }

    type Absent = (PromptNotFound, VersionNotFound);

    #[utoipa::path(
        get, path = "/prompts/{id}", params(("id" = u8, Path)),
        responses((status = 200, description = "It."), Problems::<(Absent, Forbidden)>),
        security((), ("bearer" = [])),
    )]
    async fn find_prompt() {}

    #[utoipa::path(
        post, path = "/prompts", request_body = String,
        responses((status = 201, description = "Made."), Problems::<SelfFollow>),
        security(("bearer" = [])),
    )]
    async fn create_prompt() {}

    #[utoipa::path(get, path = "/prompts/none", responses((status = 200, description = "It.")))]
    async fn count_prompts() {}

    fn responses(path: &str, method: &str) -> Value {
        let router: OpenApiRouter = OpenApiRouter::new()
            .routes(routes!(find_prompt))
            .routes(routes!(create_prompt))
            .routes(routes!(count_prompts));
        let (_, api) = router.split_for_parts();
        finish(api, "Title", "Text")["paths"][path][method]["responses"].take()
    }

    fn codes_of(response: &Value) -> &Value {
        let schema = &response["content"][PROBLEM_JSON]["schema"]["allOf"];
        assert_eq!(schema[0], json!({"$ref": "#/components/schemas/Problem"}));
        &schema[1]["properties"]["code"]["enum"]
    }

    #[test]
    fn codes_of_one_status_are_one_response() {
        let found = responses("/prompts/{id}", "get");
        assert_eq!(codes_of(&found["404"]), &json!(["PROMPT_NOT_FOUND", "VERSION_NOT_FOUND"]));
        assert_eq!(found["404"]["description"], "No such thing, or not visible to you.");
        assert_eq!(codes_of(&found["403"]), &json!(["FORBIDDEN"]));
    }

    #[test]
    fn what_extractors_and_layers_answer_is_added_by_input_and_callers() {
        let found = responses("/prompts/{id}", "get");
        assert_eq!(codes_of(&found["400"]), &json!(["BAD_PATH", "VALIDATION_FAILED"]));
        assert_eq!(codes_of(&found["401"]), &json!(["INVALID_IDENTITY", "INVALID_TOKEN"]));
        assert_eq!(codes_of(&found["503"]), &json!(["DEPENDENCY_UNAVAILABLE", "TOO_BUSY"]));
        assert_eq!(codes_of(&found["504"]), &json!(["UPSTREAM_TIMEOUT"]));
        assert_eq!(codes_of(&found["500"]), &json!(["INTERNAL_ERROR"]));
        assert!(found.get("413").is_none());

        let found = responses("/prompts", "post");
        let unreadable = ["BODY_UNREADABLE", "CANNOT_FOLLOW_SELF", "MALFORMED_JSON"];
        let codes = [&unreadable[..], &["TOO_MANY_VALUES", "VALIDATION_FAILED"]].concat();
        assert_eq!(codes_of(&found["400"]), &json!(codes));
        let refused = ["AUTHENTICATION_REQUIRED", "INVALID_IDENTITY", "INVALID_TOKEN"];
        assert_eq!(codes_of(&found["401"]), &json!(refused));
        assert_eq!(codes_of(&found["413"]), &json!(["BODY_TOO_LARGE"]));
        assert_eq!(codes_of(&found["503"]), &json!(["DEPENDENCY_UNAVAILABLE", "TOO_BUSY"]));
    }

    #[test]
    fn the_description_of_a_401_says_whether_a_token_is_needed() {
        let text = |path, method| responses(path, method)["401"]["description"].take();
        assert_eq!(text("/prompts", "post"), "No token, or a bad one.");
        let of_a_bad_token = "The access token is not good, or its session is over.";
        assert_eq!(text("/prompts/{id}", "get"), of_a_bad_token);
    }

    #[test]
    fn an_operation_without_problems_of_its_own_answers_the_common_ones() {
        let found = responses("/prompts/none", "get");
        assert_eq!(codes_of(&found["503"]), &json!(["DEPENDENCY_UNAVAILABLE", "TOO_BUSY"]));
    }
}
