//! The parts of an API description that are the same in every service.
//!
//! Paths, bodies and responses come from the handlers; a handler names the problem codes that it
//! answers by [`Problems`] among its `responses(...)`.

pub mod constraints;
mod operation_ids;
mod patterns;
mod problems;

use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        InfoBuilder, License, OpenApi, RefOr, Schema,
        path::Operation,
        schema::{SchemaType, Type},
        security::{Http, HttpAuthScheme, SecurityScheme},
        server::Server,
    },
};

use crate::problem::Problem;

pub use crate::problem::codes::Forbidden;
pub use problems::{Problems, Unauthorized};

/// Completes the description that was collected from a service's handlers: adds what every service
/// shares, and puts patterns in place of their names.
pub fn finish(api: OpenApi, title: &str, description: &str) -> Value {
    // Nothing in a description can fail to serialise.
    let mut api = serde_json::to_value(complete(api, title, description)).unwrap_or_default();
    patterns::resolve(&mut api);
    api
}

fn complete(mut api: OpenApi, title: &str, description: &str) -> OpenApi {
    // Replaced: the collected one names utoipa's own author and license.
    api.info = InfoBuilder::new()
        .title(title)
        .description(Some(description))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(License::new("MIT")))
        .build();
    // Relative: the page works behind the gateway and on the service itself.
    api.servers = Some(vec![Server::new("/")]);

    let components = api.components.get_or_insert_default();
    components.schemas.insert("Problem".to_owned(), Problem::schema());
    let mut schemas = Vec::new();
    <Problem as ToSchema>::schemas(&mut schemas);
    components.schemas.extend(schemas);
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.bearer_format = Some("JWT".to_owned());
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));

    operation_ids::assign(&mut api);
    for operation in operations(&mut api) {
        simplify_parameters(operation);
        problems::add_common(operation);
    }
    api
}

fn operations(api: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    api.paths.paths.values_mut().flat_map(|item| {
        let methods = [&mut item.get, &mut item.post, &mut item.put, &mut item.delete];
        methods.into_iter().chain([&mut item.patch]).flatten()
    })
}

/// Simplifies the schemas of parameters to those of a given value: Swagger UI asks for JSON where a
/// schema is "null or one of these", or "one of these and an object with a default".
fn simplify_parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        match &mut parameter.schema {
            Some(RefOr::T(Schema::OneOf(either))) => {
                either.items.retain(|item| !is_null(item));
                if let [only] = &either.items[..] {
                    parameter.schema = Some(only.clone());
                }
            }
            Some(RefOr::T(Schema::Object(object))) => {
                if let SchemaType::Array(types) = &mut object.schema_type {
                    types.retain(|kind| *kind != Type::Null);
                    if let [only] = &types[..] {
                        object.schema_type = SchemaType::Type(only.clone());
                    }
                }
            }
            Some(RefOr::T(Schema::AllOf(all))) => {
                if let [RefOr::T(Schema::Object(it)), RefOr::T(Schema::Object(more))] =
                    &all.items[..]
                {
                    let mut plain = it.clone();
                    plain.default.clone_from(&more.default);
                    parameter.schema = Some(plain.into());
                }
            }
            _ => {}
        }
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object))
        if object.schema_type == SchemaType::Type(Type::Null))
}
