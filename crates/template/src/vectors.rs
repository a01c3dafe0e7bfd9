//! The vectors of the grammar: `gateway/web/tests/placeholders.test.ts` reads the same file, so that the
//! preview of the web client is what the server renders.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::{Unresolved, literals, render};

#[derive(Deserialize)]
struct Vectors {
    renders: Vec<RenderVector>,
    literals: Vec<LiteralsVector>,
}

#[derive(Deserialize)]
struct RenderVector {
    template: String,
    values: BTreeMap<String, String>,
    rendered: Option<String>,
    #[serde(default)]
    missing: BTreeSet<String>,
    #[serde(default)]
    unknown: BTreeSet<String>,
}

#[derive(Deserialize)]
struct LiteralsVector {
    template: String,
    literals: Vec<String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../vectors/placeholders.json")).unwrap()
}

#[test]
fn templates_render_as_the_vectors_say() {
    for RenderVector { template, values, rendered, missing, unknown } in vectors().renders {
        let expected = rendered.ok_or(Unresolved { missing, unknown });
        assert_eq!(render(&template, &values), expected, "{template:?}");
    }
}

#[test]
fn literals_are_those_of_the_vectors() {
    for LiteralsVector { template, literals: expected } in vectors().literals {
        assert_eq!(literals(&template), expected, "{template:?}");
    }
}
