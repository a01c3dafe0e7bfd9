//! Rules between the fields of a body, which a derived schema cannot state.

use utoipa::openapi::{
    OpenApi, RefOr, Schema,
    schema::{AllOfBuilder, AnyOfBuilder, Object, ObjectBuilder, Type},
};

/// States that at most one of `fields` of the schema `name` may be given.
pub fn at_most_one(api: &mut OpenApi, name: &str, fields: [&str; 2]) {
    require(api, name, fields.map(absent));
}

/// States that `field` of the schema `name` may only be given with `other`.
pub fn only_with(api: &mut OpenApi, name: &str, field: &str, other: &str) {
    require(api, name, [absent(field), present(other)]);
}

/// States that at least one of `fields` of the schema `name` must be given.
pub fn at_least_one(api: &mut OpenApi, name: &str, fields: [&str; 2]) {
    require(api, name, fields.map(present));
}

fn require(api: &mut OpenApi, name: &str, either: [Object; 2]) {
    let schemas = &mut api.components.get_or_insert_default().schemas;
    debug_assert!(schemas.contains_key(name), "there is no schema {name}");
    let Some(schema) = schemas.get_mut(name) else { return };
    let [one, other] = either;
    let rule = AnyOfBuilder::new().item(one).item(other).build();
    // A schema that has rules already gets one more.
    if let RefOr::T(Schema::AllOf(all)) = schema {
        all.items.push(RefOr::T(rule.into()));
        return;
    }
    let all = AllOfBuilder::new().item(schema.clone()).item(Schema::from(rule)).build();
    *schema = RefOr::T(all.into());
}

/// Returns the schema of an object in which `field` is absent or `null`.
fn absent(field: &str) -> Object {
    ObjectBuilder::new()
        .property(field, ObjectBuilder::new().schema_type(Type::Null).build())
        .build()
}

/// Returns the schema of an object in which `field` is given: all fields with such rules are texts.
fn present(field: &str) -> Object {
    ObjectBuilder::new()
        .property(field, ObjectBuilder::new().schema_type(Type::String).build())
        .required(field)
        .build()
}
