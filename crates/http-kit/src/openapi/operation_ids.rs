//! Operation ids: the handlers' names in camelCase.

use utoipa::openapi::OpenApi;

use super::operations;

/// Names each operation after its handler: `createPrompt` for `create_prompt`. No two handlers of a
/// service may share a name: of two operations with one id, Swagger UI calls the wrong one.
pub fn assign(api: &mut OpenApi) {
    for operation in operations(api) {
        operation.operation_id = operation.operation_id.as_deref().map(camel_case);
    }
}

fn camel_case(handler: &str) -> String {
    let (first, others) = handler.split_once('_').unwrap_or((handler, ""));
    others.split('_').filter(|word| !word.is_empty()).fold(first.to_owned(), |joined, word| {
        let (initial, rest) = word.split_at(1);
        joined + &initial.to_ascii_uppercase() + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_s_name_becomes_camel_case() {
        assert_eq!(camel_case("list_buyer_transactions"), "listBuyerTransactions");
        assert_eq!(camel_case("search"), "search");
    }
}
