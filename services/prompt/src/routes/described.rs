//! What the API description says beyond the types of fields: of the texts that people write, whose
//! rules are in `domain::text` (lengths are without the white space around them), and of fields that
//! exclude each other.
#![expect(dead_code, reason = "a description has no values")]

use serde_json::{Value, json};
use utoipa::{
    ToSchema,
    openapi::{
        AllOfBuilder, ObjectBuilder, OpenApi, RefOr, Schema,
        schema::{AnyOfBuilder, SchemaType, Type},
    },
};

/// On one line, with something to see in it.
#[derive(ToSchema)]
#[schema(
    min_length = 3,
    max_length = 200,
    pattern = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069\s][^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]+[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069\s][^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*$"
)]
pub struct Title(String);

/// A category or a tag: on one line, with something to see in it.
#[derive(ToSchema)]
#[schema(
    min_length = 1,
    max_length = 50,
    pattern = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069\s][^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*$"
)]
pub struct Name(String);

/// On one line, with something to see in it.
#[derive(ToSchema)]
#[schema(
    min_length = 1,
    max_length = 100,
    pattern = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069\s][^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*$"
)]
pub struct ModelName(String);

/// On one line.
#[derive(ToSchema)]
#[schema(max_length = 500, pattern = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*$")]
pub struct Note(String);

/// With something to see in it.
#[derive(ToSchema)]
#[schema(min_length = 10, max_length = 100_000, pattern = r"\S[\s\S]{8,}\S")]
pub struct Content(String);

/// Without control characters other than line breaks and tabs.
#[derive(ToSchema)]
#[schema(max_length = 1000, pattern = r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$")]
pub struct Description(String);

/// With something to see in it, and without control characters other than line breaks and tabs.
#[derive(ToSchema)]
#[schema(
    min_length = 1,
    max_length = 5000,
    pattern = r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\s][^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$"
)]
pub struct CommentText(String);

/// Without control characters other than line breaks and tabs.
#[derive(ToSchema)]
#[schema(max_length = 2000, pattern = r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$")]
pub struct Review(String);

/// Adds to the bodies' schemas which fields exclude each other; types cannot say that.
pub fn add_exclusions(api: &mut OpenApi) {
    let Some(components) = &mut api.components else { return };
    // At most one of them is there.
    let version_or_label = || any_of([vec![("version", None)], vec![("label", None)]]);
    let not_contradicting = || {
        any_of([
            vec![("visibility", None)],
            vec![("isPublic", None)],
            vec![("visibility", Some(json!("PUBLIC"))), ("isPublic", Some(json!(true)))],
            vec![("visibility", Some(json!("PRIVATE"))), ("isPublic", Some(json!(false)))],
            vec![("visibility", Some(json!("UNLISTED"))), ("isPublic", Some(json!(false)))],
        ])
    };
    for (name, rule) in [
        ("RenderPrompt", version_or_label()),
        ("ForkPrompt", version_or_label()),
        ("CreatePrompt", not_contradicting()),
        ("UpdatePrompt", not_contradicting()),
    ] {
        if let Some(schema) = components.schemas.remove(name) {
            let both = AllOfBuilder::new().item(schema).item(rule).build();
            components.schemas.insert(name.to_owned(), RefOr::T(Schema::AllOf(both)));
        }
    }
}

/// Objects that are like one of these: each names values of fields, `None` for null or absent.
fn any_of<const N: usize>(cases: [Vec<(&str, Option<Value>)>; N]) -> Schema {
    let like = |fields: Vec<(&str, Option<Value>)>| {
        fields.into_iter().fold(ObjectBuilder::new(), |object, (field, value)| {
            let value = match value {
                Some(value) => ObjectBuilder::new()
                    .schema_type(SchemaType::AnyValue)
                    .enum_values(Some([value])),
                None => ObjectBuilder::new().schema_type(Type::Null),
            };
            object.property(field, value)
        })
    };
    let cases = cases.into_iter().fold(AnyOfBuilder::new(), |all, case| all.item(like(case)));
    Schema::AnyOf(cases.build())
}
