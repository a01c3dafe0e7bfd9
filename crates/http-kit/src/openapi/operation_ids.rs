//! Operation ids: the handlers' names in camelCase.

use std::collections::BTreeSet;

use utoipa::openapi::OpenApi;

use super::operations;

/// Names each operation after its handler: `createPrompt` for `create_prompt`. Where two handlers of a
/// service share a name, names all of its operations by method and path instead: of two operations
/// with one id, Swagger UI calls the wrong one.
pub fn assign(api: &mut OpenApi) {
    let mut handlers = BTreeSet::new();
    let unique = operations(api).all(|(_, _, operation)| {
        operation.operation_id.as_ref().is_some_and(|name| handlers.insert(name.clone()))
    });
    for (method, path, operation) in operations(api) {
        let words = match &operation.operation_id {
            Some(handler) if unique => handler.clone(),
            _ => format!("{method} {path}"),
        };
        operation.operation_id = Some(camel_case(&words));
    }
}

/// Joins the words of a name or a path: `getPromptsIdVersions` for `get /prompts/{id}/versions`.
fn camel_case(words: &str) -> String {
    let mut words = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|it| !it.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |joined, word| {
        let (initial, rest) = word.split_at(1);
        joined + &initial.to_ascii_uppercase() + rest
    })
}

#[cfg(test)]
mod tests {
    use utoipa_axum::{router::OpenApiRouter, routes};

    use super::*;

    #[utoipa::path(get, path = "/prompts/{id}/versions")]
    async fn list_versions() {}

    #[utoipa::path(post, path = "/prompts")]
    async fn create_prompt() {}

    mod other {
        #[utoipa::path(get, path = "/drafts")]
        pub async fn create_prompt() {}
    }

    fn ids(router: OpenApiRouter) -> Vec<String> {
        let (_, mut api) = router.split_for_parts();
        assign(&mut api);
        operations(&mut api).filter_map(|(_, _, it)| it.operation_id.clone()).collect()
    }

    #[test]
    fn an_operation_is_named_as_its_handler_while_no_two_handlers_share_a_name() {
        let router =
            OpenApiRouter::new().routes(routes!(list_versions)).routes(routes!(create_prompt));
        assert_eq!(ids(router.clone()), ["listVersions", "createPrompt"]);
        let router = router.routes(routes!(other::create_prompt));
        assert_eq!(ids(router), ["getPromptsIdVersions", "postPrompts", "getDrafts"]);
    }
}
