//! JSON schemas of strangers: compiled so that no schema can cost more than its size says.
//!
//! A schema that refers to itself can recurse without end, and one whose parts refer twice to the
//! next part doubles the work with each. So references stay inside the document, run in no circles,
//! and what they come to when written out is bounded. Patterns run on an engine that takes linear
//! time, which knows no look-around. Nothing is ever fetched.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

const MAX_BYTES: usize = 64 * 1024;
/// Parts, counted as often as they are referred to.
const MAX_PARTS: usize = 5_000;
/// Parts within parts, across references.
const MAX_DEPTH: usize = 64;
const MAX_COMPILED_PATTERN: usize = 256 * 1024;

/// # Errors
/// What is wrong with it, for people.
pub fn compile(schema: &Value) -> Result<Validator, String> {
    if !schema.is_object() && !schema.is_boolean() {
        return Err("must be a JSON schema: an object".to_owned());
    }
    if schema.to_string().len() > MAX_BYTES {
        return Err(format!("must have {MAX_BYTES} bytes at most"));
    }
    Walk { root: schema, sizes: BTreeMap::new(), open: BTreeSet::new() }.size(schema, 0)?;
    let patterns = PatternOptions::regex().size_limit(MAX_COMPILED_PATTERN);
    jsonschema::options()
        .offline()
        .with_pattern_options(patterns)
        .build(schema)
        .map_err(|error| format!("is not a JSON schema that can be used: {error}"))
}

struct Walk<'v> {
    root: &'v Value,
    /// What each reference comes to.
    sizes: BTreeMap<&'v str, usize>,
    /// The references being followed.
    open: BTreeSet<&'v str>,
}

impl<'v> Walk<'v> {
    /// How many parts there are, references written out.
    fn size(&mut self, value: &'v Value, depth: usize) -> Result<usize, String> {
        if depth > MAX_DEPTH {
            return Err(format!("is nested deeper than {MAX_DEPTH}"));
        }
        let mut size = 1_usize;
        match value {
            Value::Array(list) => {
                for item in list {
                    size = size.saturating_add(self.size(item, depth + 1)?);
                }
            }
            Value::Object(map) => {
                for (key, item) in map {
                    size = size.saturating_add(match (key.as_str(), item) {
                        ("$ref", Value::String(reference)) => self.follow(reference, depth)?,
                        // Others ways to refer, and names that change what a reference means.
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
        match size {
            0..=MAX_PARTS => Ok(size),
            _ => Err(format!("comes to more than {MAX_PARTS} parts with its references")),
        }
    }

    fn follow(&mut self, reference: &'v str, depth: usize) -> Result<usize, String> {
        if let Some(size) = self.sizes.get(reference) {
            return Ok(*size);
        }
        let target = reference
            .strip_prefix('#')
            .filter(|pointer| pointer.starts_with('/') && !pointer.contains('%'))
            .and_then(|pointer| self.root.pointer(pointer))
            .ok_or_else(|| format!("refers to {reference:?}, which is not a part of it"))?;
        if !self.open.insert(reference) {
            return Err(format!("refers to itself by way of {reference:?}"));
        }
        let size = self.size(target, depth + 1)?;
        self.open.remove(reference);
        self.sizes.insert(reference, size);
        Ok(size)
    }
}

fn is_known(draft: &str) -> bool {
    ["2020-12", "2019-09", "draft-07", "draft-06"].iter().any(|known| draft.contains(known))
}
