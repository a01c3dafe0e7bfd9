//! Reads data sets from CSV: the first line names the variables, each other line is a row.

use std::collections::BTreeMap;

use axum::body::Bytes;
use csv_table::{Problem, Reader, Row};
use http_kit::{ApiError, ApiResult, blocking, problem::FieldErrors};

use crate::domain::{EXPECTED, MAX_ROWS, MAX_VARIABLES, NewDatasetRow, variable_name_problem};

/// The most problems that are reported.
const MAX_PROBLEMS: usize = 100;

/// Reads the rows, off the async threads.
///
/// # Errors
/// 400 with every bad line and column.
pub async fn read(file: Bytes) -> ApiResult<Vec<NewDatasetRow>> {
    blocking::run(move || read_rows(&file)).await?
}

fn read_rows(file: &[u8]) -> ApiResult<Vec<NewDatasetRow>> {
    let mut errors = FieldErrors::new();
    // Beside the variables there is what is expected.
    let reader = match Reader::new(file, MAX_VARIABLES + 1) {
        Ok(reader) => reader,
        Err(problem) => {
            note_problem(&mut errors, problem);
            return Err(ApiError::invalid(errors));
        }
    };
    let names = reader.columns().to_vec();
    check_names(&names, reader.header_line(), &mut errors);
    let mut rows = Vec::new();
    for row in reader {
        if errors.len() >= MAX_PROBLEMS {
            break;
        }
        if rows.len() == MAX_ROWS {
            note(&mut errors, "rows", format!("must be {MAX_ROWS} at most"));
            break;
        }
        match row {
            Ok(row) => rows.push(new_row(row, &names)),
            Err(problem) => note_problem(&mut errors, problem),
        }
    }
    if rows.is_empty() && errors.is_empty() {
        note(&mut errors, "rows", "there is no line after the first, which names the columns");
    }
    if errors.is_empty() { Ok(rows) } else { Err(ApiError::invalid(errors)) }
}

fn note_problem(errors: &mut FieldErrors, problem: Problem) {
    note(errors, &line(problem.line), problem.what);
}

fn line(number: u64) -> String {
    format!("line {number}")
}

fn note(errors: &mut FieldErrors, field: &str, problem: impl Into<String>) {
    errors.entry(field.to_owned()).or_default().push(problem.into());
}

fn check_names(names: &[String], header: u64, errors: &mut FieldErrors) {
    for (i, name) in names.iter().enumerate() {
        let problem = match (names[..i].contains(name), name.as_str()) {
            (true, _) => Some("is there twice".to_owned()),
            (false, EXPECTED) => None,
            (false, _) => variable_name_problem(name),
        };
        if let Some(problem) = problem {
            note(errors, &line(header), format!("column {}, {name:?}: {problem}", i + 1));
        }
    }
    if names.iter().filter(|name| *name != EXPECTED).count() > MAX_VARIABLES {
        note(errors, &line(header), format!("must name {MAX_VARIABLES} variables at most"));
    }
}

fn new_row(row: Row, names: &[String]) -> NewDatasetRow {
    let mut new = NewDatasetRow { variables: BTreeMap::new(), expected: None };
    for (name, value) in names.iter().zip(row.cells) {
        if name == EXPECTED {
            new.expected = Some(value).filter(|value| !value.is_empty());
        } else {
            new.variables.insert(name.clone(), value);
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_with_quotes_line_breaks_and_any_script() {
        let text =
            "\u{feff}name, имя ,expected\r\n\"a, \"\"b\"\"\",\"two\nlines\",yes\r\nx,Ада,\r\n";
        let rows = read_rows(text.as_bytes()).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].variables["name"], "a, \"b\"");
        assert_eq!(rows[0].variables["имя"], "two\nlines");
        assert_eq!(rows[0].expected.as_deref(), Some("yes"));
        assert_eq!(rows[1].expected, None);
    }

    #[test]
    fn every_bad_line_is_named_by_its_number() {
        let text = b"a,b\n1,2\n\"x\ny\",2,3\n1\n\xff,1\n1,\0\n";
        let seen = format!("{:?}", read_rows(text).unwrap_err());
        for part in [
            "line 3",
            "has 3 values",
            "line 5",
            "has 1 values",
            "line 6",
            "UTF-8",
            "line 7",
            "U+0000",
        ] {
            assert!(seen.contains(part), "{part} in {seen}");
        }
        assert!(!seen.contains("line 2"), "{seen}");
    }

    #[test]
    fn every_bad_column_is_named() {
        let seen =
            format!("{:?}", read_rows(b"a,,a,{b},expected,expected\n1,2,3,4,5,6\n").unwrap_err());
        for part in ["column 2", "column 3", "column 4", "column 6"] {
            assert!(seen.contains(part), "{part} in {seen}");
        }
        assert!(!seen.contains("column 5"), "{seen}");
    }

    #[test]
    fn nothing_and_a_header_alone_are_refused() {
        for (text, part) in
            [(&b""[..], "has no columns"), (b"a,b\n", "rows"), (b"a;b\n;\n\n", "rows")]
        {
            let seen = format!("{:?}", read_rows(text).unwrap_err());
            assert!(seen.contains(part), "{part} in {seen}");
        }
    }

    #[test]
    fn what_a_spreadsheet_wrote_is_read_as_it_was_there() {
        for file in [
            &include_bytes!("../../../../../crates/csv-table/tests/fixtures/cities-comma.csv")[..],
            include_bytes!("../../../../../crates/csv-table/tests/fixtures/cities-semicolon.csv"),
        ] {
            let file =
                String::from_utf8(file.to_vec()).unwrap().replace("note, with comma", "note");
            let rows = read_rows(file.as_bytes()).unwrap();
            assert_eq!(rows.len(), 6);
            assert_eq!(rows[1].variables["city"], "São Paulo");
            assert_eq!(rows[1].variables["note"], "two\nlines");
            assert_eq!(rows[1].expected.as_deref(), Some("She said \"olá\"; then left."));
            assert_eq!(rows[5].expected, None);
        }
    }
}
