//! Data sets as CSV: the first line names the variables, each other line is a row.

use std::collections::{BTreeMap, BTreeSet};

use http_kit::{ApiError, ApiResult, problem::FieldErrors};

use super::datasets::{EXPECTED, MAX_ROWS, MAX_VARIABLES, name_problem};
use crate::domain::NewRow;

/// Enough to tell what is wrong.
const MAX_PROBLEMS: usize = 100;

/// The rows, or a 400 that names every bad line and column.
pub fn rows(text: &[u8]) -> ApiResult<Vec<NewRow>> {
    // What spreadsheets put before UTF-8.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut errors = FieldErrors::new();
    // Rows of another length are read too, so that each of them is named.
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let names = header(reader.byte_headers(), &mut errors);
    if names.is_empty() && !errors.is_empty() {
        // Without names every row would be wrong.
        return Err(ApiError::invalid(errors));
    }
    let mut rows = Vec::new();
    for record in reader.byte_records() {
        if errors.len() >= MAX_PROBLEMS {
            break;
        }
        if rows.len() == MAX_ROWS {
            note(&mut errors, "rows", format!("must be {MAX_ROWS} at most"));
            break;
        }
        match record {
            Ok(record) => rows.extend(row(&record, &names, &mut errors)),
            // Only reading can fail, and all of it is here.
            Err(error) => note(&mut errors, "body", error.to_string()),
        }
    }
    if rows.is_empty() && errors.is_empty() {
        note(&mut errors, "rows", "there is no line after the first, which names the columns");
    }
    if errors.is_empty() { Ok(rows) } else { Err(ApiError::invalid(errors)) }
}

fn note(errors: &mut FieldErrors, field: &str, problem: impl Into<String>) {
    errors.entry(field.to_owned()).or_default().push(problem.into());
}

fn header(record: csv::Result<&csv::ByteRecord>, errors: &mut FieldErrors) -> Vec<String> {
    let mut names = Vec::new();
    let Ok(record) = record else {
        note(errors, "line 1", "cannot be read");
        return names;
    };
    // Before looking at each: there can be a million, and each is looked for among the others.
    if record.len() > MAX_VARIABLES + 1 {
        note(errors, "line 1", format!("must name {MAX_VARIABLES} variables at most"));
        return names;
    }
    for (i, name) in record.iter().enumerate() {
        let name = String::from_utf8_lossy(name).trim().to_owned();
        let problem = match names.contains(&name) {
            true => Some("is there twice".to_owned()),
            false => name_problem(&name),
        };
        if let Some(problem) = problem.filter(|_| name != EXPECTED || names.contains(&name)) {
            note(errors, "line 1", format!("column {}, {name:?}: {problem}", i + 1));
        }
        names.push(name);
    }
    if names.iter().filter(|name| *name != EXPECTED).count() > MAX_VARIABLES {
        note(errors, "line 1", format!("must name {MAX_VARIABLES} variables at most"));
    }
    names
}

fn row(record: &csv::ByteRecord, names: &[String], errors: &mut FieldErrors) -> Option<NewRow> {
    let line = format!("line {}", record.position().map_or(0, csv::Position::line));
    if record.len() != names.len() {
        let (has, expected) = (record.len(), names.len());
        note(errors, &line, format!("has {has} values, and line 1 names {expected}"));
        return None;
    }
    let mut row = NewRow { variables: BTreeMap::new(), expected: None };
    let mut bad = BTreeSet::new();
    for (name, value) in names.iter().zip(record) {
        match std::str::from_utf8(value) {
            Ok(value) if value.contains('\0') => {
                bad.insert(format!("{name}: must not contain the character U+0000"));
            }
            Ok(value) if name == EXPECTED => {
                row.expected = (!value.is_empty()).then(|| value.to_owned());
            }
            Ok(value) => {
                row.variables.insert(name.clone(), value.to_owned());
            }
            Err(_) => {
                bad.insert(format!("{name}: is not UTF-8"));
            }
        }
    }
    if bad.is_empty() {
        return Some(row);
    }
    bad.into_iter().for_each(|problem| note(errors, &line, problem));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_with_quotes_line_breaks_and_any_script() {
        let text =
            "\u{feff}name, имя ,expected\r\n\"a, \"\"b\"\"\",\"two\nlines\",yes\r\nx,Ада,\r\n";
        let rows = rows(text.as_bytes()).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].variables["name"], "a, \"b\"");
        assert_eq!(rows[0].variables["имя"], "two\nlines");
        assert_eq!(rows[0].expected.as_deref(), Some("yes"));
        assert_eq!(rows[1].expected, None);
    }

    #[test]
    fn every_bad_line_is_named_by_its_number() {
        let text = b"a,b\n1,2\n\"x\ny\",2,3\n1\n\xff,\0\n";
        let seen = format!("{:?}", rows(text).unwrap_err());
        for part in
            ["line 3", "has 3 values", "line 5", "has 1 values", "line 6", "UTF-8", "U+0000"]
        {
            assert!(seen.contains(part), "{part} in {seen}");
        }
        assert!(!seen.contains("line 2"), "{seen}");
    }

    #[test]
    fn every_bad_column_is_named() {
        let seen = format!("{:?}", rows(b"a,,a,{b},expected,expected\n1,2,3,4,5,6\n").unwrap_err());
        for part in ["column 2", "column 3", "column 4", "column 6"] {
            assert!(seen.contains(part), "{part} in {seen}");
        }
        assert!(!seen.contains("column 5"), "{seen}");
    }

    #[test]
    fn nothing_and_a_header_alone_are_refused() {
        for text in [&b""[..], b"a,b\n"] {
            assert!(format!("{:?}", rows(text).unwrap_err()).contains("rows"));
        }
    }
}
