//! Fills a data set's rows into the prompt and the assertions, or finds all that does not fit together.

use std::collections::{BTreeMap, BTreeSet};

use grader::{Assertion, Filler, equals_expected};

use crate::{
    domain::{DatasetRow, MAX_PROMPT_BYTES, NewCells},
    error::{BadRow, ServiceError},
    service::prompt_source::{FilledPrompt, Template},
};

/// The most cells of a run.
const MAX_CELLS: usize = 10_000;
/// The most bytes of prompts and assertions, over all cells.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The most problems that are reported.
const MAX_PROBLEMS: usize = 100;

/// Fills in the cells of each row. Not for the async threads: a great many texts are put together.
///
/// # Errors
/// Every row, and its field, that does not fit the prompt or the assertions.
pub fn cells(
    template: &Template,
    rows: Vec<DatasetRow>,
    assertions: &[Assertion],
    targets: usize,
) -> Result<Vec<NewCells>, ServiceError> {
    if rows.len() * targets > MAX_CELLS {
        return Err(ServiceError::RunTooLarge);
    }
    let names = template.variables();
    let of_assertions = assertions.iter().flat_map(Assertion::variables).collect();
    let mut bad = Vec::new();
    let mut bytes = 0_usize;
    let mut cells = Vec::with_capacity(rows.len());
    for row in rows {
        match prepare_row(template, &names, &of_assertions, &row, assertions) {
            Ok(cell) => {
                let assertions: usize = cell.assertions.iter().map(Assertion::size).sum();
                let system_prompt = cell.system_prompt.as_ref().map_or(0, String::len);
                let one = cell.prompt_content.len() + assertions + system_prompt;
                bytes = bytes.saturating_add(one * targets);
                if bytes > MAX_BYTES {
                    return Err(ServiceError::RunTooLarge);
                }
                cells.push(cell);
            }
            Err(problems) => {
                bad.extend(problems.into_iter().map(|(field, problem)| BadRow {
                    number: row.number,
                    field,
                    problem,
                }));
                if bad.len() >= MAX_PROBLEMS {
                    bad.truncate(MAX_PROBLEMS);
                    break;
                }
            }
        }
    }
    if bad.is_empty() { Ok(cells) } else { Err(ServiceError::BadRows { rows: bad }) }
}

fn prepare_row(
    template: &Template,
    names: &BTreeSet<String>,
    of_assertions: &BTreeSet<String>,
    row: &DatasetRow,
    assertions: &[Assertion],
) -> Result<NewCells, Vec<(String, String)>> {
    let variables = &row.variables.0;
    // A variable that only assertions use is no mistake; one that nothing uses is a misspelt one.
    let for_prompt: BTreeMap<String, String> = variables
        .iter()
        .filter(|(name, _)| names.contains(*name) || !of_assertions.contains(*name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut problems = Vec::new();
    let filled = match template.fill(&for_prompt) {
        Ok(filled) => filled,
        Err(ServiceError::Unresolved { variables: unresolved }) => {
            let field = |name: &String| format!("variables.{name}");
            let missing = unresolved.missing.iter();
            problems.extend(missing.map(|name| (field(name), "is missing".to_owned())));
            let what = "is used neither by the prompts nor by an assertion";
            let unknown = unresolved.unknown.iter();
            problems.extend(unknown.map(|name| (field(name), what.to_owned())));
            FilledPrompt::default()
        }
        Err(_) => {
            let what = format!("makes the prompt longer than {MAX_PROMPT_BYTES} bytes");
            problems.push(("variables".to_owned(), what));
            FilledPrompt::default()
        }
    };
    let expected = row.expected.as_deref();
    let filled_assertions = match (assertions, expected) {
        ([], Some(expected)) => equals_expected(expected).map(|one| vec![one]),
        (assertions, _) => Filler::new(variables, expected).fill(assertions),
    };
    let assertions = filled_assertions.unwrap_or_else(|wrong| {
        problems.extend(wrong);
        Vec::new()
    });
    match problems.is_empty() {
        true => Ok(NewCells {
            row_number: row.number,
            prompt_content: filled.prompt,
            system_prompt: filled.system_prompt,
            assertions,
        }),
        false => Err(problems),
    }
}
