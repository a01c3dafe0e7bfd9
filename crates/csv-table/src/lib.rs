//! CSV files as spreadsheets write them, read strictly: the content of a cell is never guessed.
//!
//! - The separator is `,`, `;` or a tab, whichever the first line has most of outside quotes, or the
//!   one that a line `sep=;` names; `,` where there is none.
//! - Lines end in LF, CRLF or CR. A byte order mark is skipped. UTF-16 and spreadsheets' own files are
//!   refused by name.
//! - A quoted value may have spaces around its quotes, and has each quote inside twice. A quote inside
//!   a value without quotes, text after a closing quote and an unclosed quote are problems.
//! - Rows without any value are skipped, and so are empty columns at the end. A row has as many values
//!   as the first line has columns.
//!
//! Work and memory are linear in the file.
//!
//! - [`cells`]: from bytes to the cells of one row.
//! - [`format`]: encoding and separator.

mod cells;
mod format;

use cells::{Cells, Fault};

/// The reason why a line cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Problem {
    /// The number of the line, from 1; line breaks inside quotes count too.
    pub line: u64,
    /// A predicate, such as "has 3 values, and …".
    pub what: String,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The number of the line in which it begins, from 1.
    pub line: u64,
    /// The values, one for each column.
    pub cells: Vec<String>,
}

/// A reader of the rows of a file.
#[derive(Debug)]
pub struct Reader<'a> {
    cells: Cells<'a>,
    header: Row,
    max_columns: usize,
}

impl<'a> Reader<'a> {
    /// Reads the first line that has a value: the names of at most `max_columns` columns.
    ///
    /// # Errors
    /// When there is none, or when it or the whole file cannot be read.
    pub fn new(file: &'a [u8], max_columns: usize) -> Result<Self, Problem> {
        let text = format::text(file).map_err(|what| Problem { line: 1, what: what.to_owned() })?;
        let mut cells = format::cells(text);
        let read = loop {
            match row(&mut cells, max_columns) {
                Some(Ok(read)) if read.is_blank() => {}
                Some(read) => break read?,
                None => return Err(Problem { line: 1, what: "has no columns".to_owned() }),
            }
        };
        let mut header = read.row;
        if read.values > max_columns {
            let what = format!("must have {max_columns} columns at most");
            return Err(Problem { line: header.line, what });
        }
        header.cells.iter_mut().for_each(|name| *name = name.trim().to_owned());
        while header.cells.last().is_some_and(String::is_empty) {
            header.cells.pop();
        }
        Ok(Self { cells, header, max_columns })
    }

    /// Returns the names of the columns, without spaces around them; names may be empty or repeated.
    pub fn columns(&self) -> &[String] {
        &self.header.cells
    }

    /// Returns the number of the line that holds the names.
    pub fn header_line(&self) -> u64 {
        self.header.line
    }

    fn checked(&self, read: ReadRow) -> Result<Row, Problem> {
        let ReadRow { mut row, values } = read;
        let columns = self.header.cells.len();
        if values > columns || row.cells.len() < columns {
            let (has, header) = (values.max(row.cells.len().min(columns)), self.header.line);
            let what = format!("has {has} values, and line {header} names {columns}");
            return Err(Problem { line: row.line, what });
        }
        row.cells.truncate(columns);
        Ok(row)
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Row, Problem>;

    /// Reads the next row that has a value. There is none after a problem with quotes that leaves the
    /// end of the row unknown.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match row(&mut self.cells, self.max_columns)? {
                Ok(read) if read.is_blank() => {}
                read => return Some(read.and_then(|read| self.checked(read))),
            }
        }
    }
}

struct ReadRow {
    row: Row,
    /// The number of values, up to the last one that is not empty.
    values: usize,
}

impl ReadRow {
    fn is_blank(&self) -> bool {
        self.values <= self.row.cells.len()
            && self.row.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// Reads the next row, and keeps at most `max` values of it.
fn row(cells: &mut Cells<'_>, max: usize) -> Option<Result<ReadRow, Problem>> {
    let line = cells.line();
    let mut row = Row { line, cells: Vec::new() };
    let (mut count, mut values) = (0, 0);
    let mut problem = None;
    loop {
        let cell = match cells.next()? {
            Ok(cell) => cell,
            Err(fault) => {
                let (line, what) = describe(&fault, count + 1);
                return Some(Err(problem.unwrap_or(Problem { line, what })));
            }
        };
        count += 1;
        if !cell.bytes.is_empty() {
            values = count;
        }
        if count <= max {
            match String::from_utf8(cell.bytes) {
                Ok(text) if text.contains('\0') => {
                    problem.get_or_insert_with(|| nul(line, count));
                }
                Ok(text) => row.cells.push(text),
                Err(_) => {
                    problem.get_or_insert_with(|| not_utf8(line, count));
                }
            }
        }
        if cell.is_last {
            return Some(match problem {
                Some(problem) => Err(problem),
                None => Ok(ReadRow { row, values }),
            });
        }
    }
}

fn nul(line: u64, column: usize) -> Problem {
    Problem { line, what: format!("column {column}: must not contain the character U+0000") }
}

fn not_utf8(line: u64, column: usize) -> Problem {
    Problem { line, what: format!("column {column}: is not UTF-8; save the file as CSV in UTF-8") }
}

fn describe(fault: &Fault, column: usize) -> (u64, String) {
    match *fault {
        Fault::QuoteInside { line } => (
            line,
            format!(
                "column {column}: has a quote inside; put the whole value in quotes and write each \
                 quote in it twice (\"\")"
            ),
        ),
        Fault::AfterQuote { line, opened, is_escape } => {
            let mut what = format!("column {column}: has text after its closing quote");
            if opened != line {
                what.push_str(&format!(" (it was opened in line {opened})"));
            }
            if is_escape {
                what.push_str(r#"; \" does not stand for a quote"#);
            }
            what.push_str("; write a quote inside quotes twice (\"\")");
            (line, what)
        }
        Fault::Unclosed { opened } => {
            (opened, format!("column {column}: has a quote that is never closed"))
        }
    }
}

#[cfg(test)]
mod tests;
