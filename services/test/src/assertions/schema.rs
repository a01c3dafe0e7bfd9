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
/// Each is compiled, and kept compiled.
const MAX_PATTERNS: usize = 20;

/// # Errors
/// What is wrong with it, for people.
pub fn compile(schema: &Value) -> Result<Validator, String> {
    if !schema.is_object() && !schema.is_boolean() {
        return Err("must be a JSON schema: an object".to_owned());
    }
    if schema.to_string().len() > MAX_BYTES {
        return Err(format!("must have {MAX_BYTES} bytes at most"));
    }
    Walk { root: schema, known: BTreeMap::new(), open: BTreeSet::new(), patterns: 0 }
        .size(schema, 0)?;
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
    known: BTreeMap<&'v str, Extent>,
    /// The references being followed.
    open: BTreeSet<&'v str>,
    patterns: usize,
}

/// What a part comes to, references written out.
#[derive(Clone, Copy)]
struct Extent {
    parts: usize,
    height: usize,
}

impl<'v> Walk<'v> {
    fn size(&mut self, value: &'v Value, depth: usize) -> Result<Extent, String> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let mut whole = Extent { parts: 1, height: 0 };
        match value {
            Value::Array(list) => {
                for item in list {
                    whole.add(self.size(item, depth + 1)?);
                }
            }
            Value::Object(map) => {
                for (key, item) in map {
                    self.count_patterns(key, item)?;
                    whole.add(match (key.as_str(), item) {
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
        match whole.parts {
            0..=MAX_PARTS => Ok(whole),
            _ => Err(format!("comes to more than {MAX_PARTS} parts with its references")),
        }
    }

    fn count_patterns(&mut self, key: &str, value: &Value) -> Result<(), String> {
        self.patterns += match (key, value) {
            ("pattern", Value::String(_)) => 1,
            ("patternProperties", Value::Object(map)) => map.len(),
            _ => 0,
        };
        match self.patterns {
            0..=MAX_PATTERNS => Ok(()),
            _ => Err(format!("has more than {MAX_PATTERNS} patterns")),
        }
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
            .ok_or_else(|| format!("refers to {reference:?}, which is not a part of it"))?;
        if !self.open.insert(reference) {
            return Err(format!("refers to itself by way of {reference:?}"));
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
        self.height = self.height.max(part.height + 1);
    }
}

fn too_deep() -> String {
    format!("is nested deeper than {MAX_DEPTH}")
}

fn is_known(draft: &str) -> bool {
    ["2020-12", "2019-09", "draft-07", "draft-06"].iter().any(|known| draft.contains(known))
}
