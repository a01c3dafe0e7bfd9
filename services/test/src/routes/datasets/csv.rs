//! Reads data sets from CSV: the first line names the variables, each other line is a row.

use std::collections::BTreeMap;

use axum::body::Bytes;
use csv_table::{Reader, Row};
use http_kit::{ApiError, ApiResult, blocking, problem::FieldErrors};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{EXPECTED, MAX_ROWS, MAX_VARIABLES, NewDatasetRow, variable_name_problem};

/// The most problems that are reported.
const MAX_PROBLEMS: usize = 100;

/// The rows and the problems of a file.
#[derive(Debug, Default)]
pub struct CsvRows {
    /// Its first rows without a problem, as many as a data set may have.
    pub rows: Vec<NewDatasetRow>,
    /// How many rows there are, those with problems and those beyond the limit included.
    pub count: usize,
    pub problems: Vec<RowProblem>,
    /// True when there are more problems than are reported.
    pub has_more_problems: bool,
}

/// A problem of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowProblem {
    /// From 1; null where it is not about one line.
    #[schema(example = 3)]
    pub line: Option<u64>,
    #[schema(example = "has 1 values, and the first line names 2 columns")]
    pub message: String,
}

/// Reads the rows, off the async threads.
///
/// # Errors
/// 503 when too much other work is being done.
pub async fn read(file: Bytes) -> ApiResult<CsvRows> {
    blocking::run(move || read_rows(&file)).await
}

fn read_rows(file: &[u8]) -> CsvRows {
    let mut read = CsvRows::default();
    // Beside the variables there is what is expected.
    let reader = match Reader::new(file, MAX_VARIABLES + 1) {
        Ok(reader) => reader,
        Err(problem) => {
            read.note(Some(problem.line), problem.what);
            return read;
        }
    };
    let names = reader.columns().to_vec();
    read.check_names(&names, reader.header_line());
    for row in reader {
        read.count += 1;
        match row {
            Ok(row) if read.rows.len() < MAX_ROWS => read.rows.push(new_row(row, &names)),
            Ok(_) => {}
            Err(problem) => read.note(Some(problem.line), problem.what),
        }
    }
    if read.count > MAX_ROWS {
        read.note(None, format!("must be {MAX_ROWS} at most, and there are {}", read.count));
    }
    if read.count == 0 && read.problems.is_empty() {
        read.note(None, "there is no line after the first, which names the columns");
    }
    read
}

impl CsvRows {
    /// Returns the rows of a file without problems.
    ///
    /// # Errors
    /// 400 with every bad line and column.
    pub fn into_rows(self) -> ApiResult<Vec<NewDatasetRow>> {
        if self.problems.is_empty() {
            return Ok(self.rows);
        }
        let mut errors = FieldErrors::new();
        for RowProblem { line, message } in self.problems {
            let field = line.map_or_else(|| "rows".to_owned(), |line| format!("line {line}"));
            errors.entry(field).or_default().push(message);
        }
        Err(ApiError::invalid(errors))
    }

    fn note(&mut self, line: Option<u64>, message: impl Into<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(RowProblem { line, message: message.into() });
        } else {
            self.has_more_problems = true;
        }
    }

    fn check_names(&mut self, names: &[String], header: u64) {
        for (i, name) in names.iter().enumerate() {
            let problem = match (names[..i].contains(name), name.as_str()) {
                (true, _) => Some("is there twice".to_owned()),
                (false, EXPECTED) => None,
                (false, _) => variable_name_problem(name),
            };
            if let Some(problem) = problem {
                self.note(Some(header), format!("column {}, {name:?}: {problem}", i + 1));
            }
        }
        if names.iter().filter(|name| *name != EXPECTED).count() > MAX_VARIABLES {
            self.note(Some(header), format!("must name {MAX_VARIABLES} variables at most"));
        }
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
        let rows = read_rows(text.as_bytes()).into_rows().unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].variables["name"], "a, \"b\"");
        assert_eq!(rows[0].variables["имя"], "two\nlines");
        assert_eq!(rows[0].expected.as_deref(), Some("yes"));
        assert_eq!(rows[1].expected, None);
    }

    #[test]
    fn every_bad_line_is_named_by_its_number() {
        let text = b"a,b\n1,2\n\"x\ny\",2,3\n1\n\xff,1\n1,\0\n";
        let seen = format!("{:?}", read_rows(text).into_rows().unwrap_err());
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
            format!("{:?}", read_rows(b"a,,a,{b},expected,expected\n1,2,3,4,5,6\n").problems);
        for part in ["column 2", "column 3", "column 4", "column 6"] {
            assert!(seen.contains(part), "{part} in {seen}");
        }
        assert!(!seen.contains("column 5"), "{seen}");
    }

    #[test]
    fn all_rows_are_counted_and_problems_are_reported_up_to_a_limit() {
        let read = read_rows(format!("a\n{}", "1,2\n".repeat(MAX_PROBLEMS + 1)).as_bytes());
        assert_eq!((read.count, read.problems.len()), (MAX_PROBLEMS + 1, MAX_PROBLEMS));
        assert!(read.has_more_problems);
        let read = read_rows(format!("a\n{}", "1\n".repeat(MAX_ROWS + 1)).as_bytes());
        assert_eq!((read.count, read.rows.len()), (MAX_ROWS + 1, MAX_ROWS));
        assert_eq!((read.problems.len(), read.problems[0].line), (1, None));
        assert!(!read.has_more_problems);
    }

    #[test]
    fn nothing_and_a_header_alone_are_refused() {
        for (text, part) in
            [(&b""[..], "has no columns"), (b"a,b\n", "rows"), (b"a;b\n;\n\n", "rows")]
        {
            let seen = format!("{:?}", read_rows(text).into_rows().unwrap_err());
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
            let rows = read_rows(file.as_bytes()).into_rows().unwrap();
            assert_eq!(rows.len(), 6);
            assert_eq!(rows[1].variables["city"], "São Paulo");
            assert_eq!(rows[1].variables["note"], "two\nlines");
            assert_eq!(rows[1].expected.as_deref(), Some("She said \"olá\"; then left."));
            assert_eq!(rows[5].expected, None);
        }
    }
}
