//! JSON schemas that users write, compiled so that no schema can cost more than its size says.
//!
//! A schema that refers to itself can recurse without end, and one whose parts refer twice to the
//! next part doubles the work with each. So references stay inside the document, run in no circles,
//! and their size when written out is bounded. Patterns run on an engine that takes linear
//! time, which knows no look-around. Nothing is ever fetched.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use crate::text::shortened;

const MAX_BYTES: usize = 64 * 1024;
/// The most parts, counted as often as they are referred to.
const MAX_PARTS: usize = 5_000;
/// The deepest nesting of parts, across references.
const MAX_DEPTH: usize = 64;
const MAX_COMPILED_PATTERN: usize = 32 * 1024;
/// The most patterns: each is compiled, and kept compiled.
const MAX_PATTERNS: usize = 20;
/// The longest pattern, in characters.
const MAX_PATTERN: usize = 1_000;
/// The most parts of a schema times parts of a text, which is what validation costs without patterns.
const MAX_STEPS: usize = 20_000_000;
/// The most patterns, counted as often as they are referred to, times bytes of a text: some seconds at
/// worst.
const MAX_SEARCHED: usize = MAX_PATTERNS * 64 * 1024;

/// A compiled schema, and the cost of validating against it.
pub struct Schema {
    validator: Validator,
    extent: Extent,
}

/// Compiles a schema that is this long as text.
///
/// # Errors
/// What is wrong with the schema, for people.
pub fn compile(schema: &Value, length: usize) -> Result<Schema, String> {
    if !schema.is_object() && !schema.is_boolean() {
        return Err("must be a JSON schema: an object".to_owned());
    }
    if length > MAX_BYTES {
        return Err(format!("must have {MAX_BYTES} bytes at most"));
    }
    let extent = Walk { root: schema, known: BTreeMap::new(), open: BTreeSet::new(), patterns: 0 }
        .size(schema, 0)?;
    let patterns = PatternOptions::regex()
        .size_limit(MAX_COMPILED_PATTERN)
        .dfa_size_limit(MAX_COMPILED_PATTERN);
    jsonschema::options()
        .offline()
        .with_pattern_options(patterns)
        .build(schema)
        .map(|validator| Schema { validator, extent })
        .map_err(|error| format!("is not a JSON schema that can be used: {error}"))
}

impl Schema {
    /// Returns how `value`, read from a text of `bytes` bytes, breaks the schema; `None` when it obeys it.
    ///
    /// # Errors
    /// When the validation would cost too much.
    pub fn broken_by(&self, value: &Value, bytes: usize) -> Result<Option<String>, String> {
        let steps = parts(value).saturating_mul(self.extent.parts);
        let searched = self.extent.patterns.saturating_mul(bytes);
        if steps > MAX_STEPS || searched > MAX_SEARCHED {
            return Err("The answer is too large for this schema.".to_owned());
        }
        Ok(self.validator.validate(value).err().map(|error| {
            let place = match error.instance_path().to_string() {
                place if place.is_empty() => "its top".to_owned(),
                place => place,
            };
            format!("at {}: {}", shortened(&place), shortened(&error.to_string()))
        }))
    }
}

/// Counts a value and all values inside it.
fn parts(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(parts).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(parts).sum::<usize>(),
        _ => 1,
    }
}

/// A walk through a schema that adds up its extent.
struct Walk<'v> {
    root: &'v Value,
    /// The extent of each reference's target.
    known: BTreeMap<&'v str, Extent>,
    /// The references being followed.
    open: BTreeSet<&'v str>,
    patterns: usize,
}

/// The size of a part, references written out.
#[derive(Clone, Copy)]
struct Extent {
    parts: usize,
    patterns: usize,
    height: usize,
}

impl<'v> Walk<'v> {
    fn size(&mut self, value: &'v Value, depth: usize) -> Result<Extent, String> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let mut whole = Extent { parts: 1, patterns: 0, height: 0 };
        match value {
            Value::Array(list) => {
                for item in list {
                    whole.add(self.size(item, depth + 1)?);
                }
            }
            Value::Object(map) => {
                for (key, item) in map {
                    whole.patterns += self.patterns_of(key, item)?;
                    whole.add(match (key.as_str(), item) {
                        ("$ref", Value::String(reference)) => self.follow(reference, depth)?,
                        // Other ways to refer, and names that change what a reference means.
                        ("$dynamicRef" | "$recursiveRef", Value::String(_)) => {
                            return Err(format!("must not use {key}"));
                        }
                        ("$id" | "id" | "$schema", Value::String(_)) if depth > 0 => {
                            return Err(format!("may have {key} only at its top"));
                        }
                        ("$schema", Value::String(draft)) if !is_known(draft) => {
                            return Err("must be of draft 2020-12, 2019-09, 7 or 6".to_owned());
                        }
                        (_, item) => self.size(item, depth + 1)?,
                    });
                }
            }
            _ => {}
        }
        match whole.parts {
            0..=MAX_PARTS => Ok(whole),
            _ => Err(format!("comes to more than {MAX_PARTS} parts with its references")),
        }
    }

    fn patterns_of(&mut self, key: &str, value: &Value) -> Result<usize, String> {
        let patterns: Vec<&str> = match (key, value) {
            ("pattern", Value::String(pattern)) => vec![pattern],
            ("patternProperties", Value::Object(map)) => map.keys().map(String::as_str).collect(),
            _ => return Ok(0),
        };
        self.patterns += patterns.len();
        if self.patterns > MAX_PATTERNS {
            return Err(format!("has more than {MAX_PATTERNS} patterns"));
        }
        if patterns.iter().any(|pattern| pattern.chars().count() > MAX_PATTERN) {
            return Err(format!("has a pattern of more than {MAX_PATTERN} characters"));
        }
        Ok(patterns.len())
    }

    fn follow(&mut self, reference: &'v str, depth: usize) -> Result<Extent, String> {
        if let Some(extent) = self.known.get(reference) {
            return match depth + 1 + extent.height {
                0..=MAX_DEPTH => Ok(*extent),
                _ => Err(too_deep()),
            };
        }
        let target = reference
            .strip_prefix('#')
            .filter(|pointer| pointer.starts_with('/') && !pointer.contains('%'))
            .and_then(|pointer| self.root.pointer(pointer))
            .ok_or_else(|| {
                format!("refers to {}, which is not a part of it", shortened(reference))
            })?;
        if !self.open.insert(reference) {
            return Err(format!("refers to itself by way of {}", shortened(reference)));
        }
        let extent = self.size(target, depth + 1)?;
        self.open.remove(reference);
        self.known.insert(reference, extent);
        Ok(extent)
    }
}

impl Extent {
    fn add(&mut self, part: Self) {
        self.parts = self.parts.saturating_add(part.parts);
        self.patterns = self.patterns.saturating_add(part.patterns);
        self.height = self.height.max(part.height + 1);
    }
}

fn too_deep() -> String {
    format!("is nested deeper than {MAX_DEPTH}")
}

fn is_known(draft: &str) -> bool {
    ["2020-12", "2019-09", "draft-07", "draft-06"].iter().any(|known| draft.contains(known))
}
