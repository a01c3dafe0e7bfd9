//! Refuses U+0000 in bodies: a Postgres text cannot hold it.

use serde_json::Value;

use crate::problem::FieldErrors;

/// The most fields to note: a body can hold very many.
const MAX_NULS: usize = 16;

/// Notes the fields of a JSON body that hold U+0000.
///
/// # Errors
/// When the body holds a U+0000 and does not fit a [`Value`]: a number beyond any float, or nesting too
/// deep, in a field that would be ignored. The rest is unchecked then.
pub fn find(bytes: &[u8], errors: &mut FieldErrors) -> serde_json::Result<()> {
    const ESCAPED: &[u8] = br"\u0000";
    if bytes.windows(ESCAPED.len()).any(|window| window == ESCAPED) {
        search(&serde_json::from_slice(bytes)?, &mut Vec::new(), errors);
    }
    Ok(())
}

/// Searches `value` at `path`. Names are built for matches only: a client chooses their length and
/// number.
fn search<'v>(value: &'v Value, path: &mut Vec<Step<'v>>, errors: &mut FieldErrors) {
    match value {
        Value::String(text) if text.contains('\0') && errors.len() < MAX_NULS => {
            errors
                .insert(path_name(path), vec!["must not contain the character U+0000".to_owned()]);
        }
        Value::Array(list) => {
            for (i, item) in list.iter().enumerate() {
                path.push(Step::Index(i));
                search(item, path, errors);
                path.pop();
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                path.push(Step::Key(key));
                search(item, path, errors);
                path.pop();
            }
        }
        _ => {}
    }
}

enum Step<'v> {
    Index(usize),
    Key(&'v str),
}

fn path_name(path: &[Step<'_>]) -> String {
    const LONGEST_KEY: usize = 100;
    let mut name = String::new();
    for step in path {
        match step {
            Step::Index(i) => name.push_str(&format!("[{i}]")),
            Step::Key(key) => {
                if !name.is_empty() {
                    name.push('.');
                }
                name.extend(key.chars().filter(|c| *c != '\0').take(LONGEST_KEY));
            }
        }
    }
    name
}
