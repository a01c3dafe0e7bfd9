//! From bytes to cells.

/// The reason why a cell cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// A quote in a value that does not begin with one. The rest of its line is skipped.
    QuoteInside { line: u64 },
    /// Something other than a separator after a closing quote. Nothing more can be read: the end of the
    /// row is not known.
    AfterQuote {
        line: u64,
        opened: u64,
        /// True when a backslash comes before the quote.
        is_escape: bool,
    },
    /// The file ended inside quotes.
    Unclosed { opened: u64 },
}

/// The value of a cell.
#[derive(Debug)]
pub struct Cell {
    pub bytes: Vec<u8>,
    /// True when the cell is the last of its row.
    pub is_last: bool,
}

/// A reader of one cell after the other.
#[derive(Debug)]
pub struct Cells<'a> {
    text: &'a [u8],
    at: usize,
    separator: u8,
    line: u64,
    /// Whether a separator was read last: a cell follows it even where the file ends.
    is_owed: bool,
}

impl<'a> Cells<'a> {
    /// Makes a reader that begins at a position, in bytes.
    pub fn new(text: &'a [u8], at: usize, separator: u8) -> Self {
        let mut cells = Self { text, at: 0, separator, line: 1, is_owed: false };
        while cells.at < at {
            cells.step();
        }
        cells
    }

    /// Returns the number of the line that is read next.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Reads the next cell; `None` at the end of the file.
    pub fn next(&mut self) -> Option<Result<Cell, Fault>> {
        if self.at >= self.text.len() && !self.is_owed {
            return None;
        }
        let rest = &self.text[self.at..];
        let is_space = |byte: &u8| self.is_space(*byte);
        let spaces = rest.iter().take_while(|byte| is_space(byte)).count();
        let cell = match rest.get(spaces) {
            Some(b'"') => {
                self.at += spaces + 1;
                self.quoted()
            }
            _ => self.bare(),
        };
        Some(cell)
    }

    fn is_space(&self, byte: u8) -> bool {
        byte == b' ' || (byte == b'\t' && self.separator != b'\t')
    }

    fn is_end(&self, byte: u8) -> bool {
        byte == self.separator || matches!(byte, b'\r' | b'\n')
    }

    fn bare(&mut self) -> Result<Cell, Fault> {
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|byte| self.is_end(*byte)).unwrap_or(rest.len());
        let bytes = rest[..length].to_vec();
        self.at += length;
        if bytes.contains(&b'"') {
            let line = self.line;
            let rest = &self.text[self.at..];
            self.at += rest.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
            self.end_cell();
            return Err(Fault::QuoteInside { line });
        }
        Ok(Cell { bytes, is_last: self.end_cell() })
    }

    /// Reads a cell after its opening quote.
    fn quoted(&mut self) -> Result<Cell, Fault> {
        let opened = self.line;
        let mut bytes = Vec::new();
        while let Some(&byte) = self.text.get(self.at) {
            if byte == b'"' {
                self.at += 1;
                if self.text.get(self.at) != Some(&b'"') {
                    return self.after_quote(bytes, opened);
                }
            }
            let start = self.at;
            self.step();
            bytes.extend_from_slice(&self.text[start..self.at]);
        }
        self.is_owed = false;
        Err(Fault::Unclosed { opened })
    }

    fn after_quote(&mut self, bytes: Vec<u8>, opened: u64) -> Result<Cell, Fault> {
        while self.text.get(self.at).is_some_and(|byte| self.is_space(*byte)) {
            self.at += 1;
        }
        if self.text.get(self.at).is_none_or(|byte| self.is_end(*byte)) {
            return Ok(Cell { bytes, is_last: self.end_cell() });
        }
        self.at = self.text.len();
        self.is_owed = false;
        Err(Fault::AfterQuote { line: self.line, opened, is_escape: bytes.ends_with(b"\\") })
    }

    /// Skips the end of a cell, and tells whether it ends its row too.
    fn end_cell(&mut self) -> bool {
        self.is_owed = self.text.get(self.at) == Some(&self.separator);
        if self.at < self.text.len() {
            self.step();
        }
        !self.is_owed
    }

    /// Skips one byte, or one line break.
    fn step(&mut self) {
        let is_break = match self.text[self.at] {
            b'\r' => {
                self.at += usize::from(self.text.get(self.at + 1) == Some(&b'\n'));
                true
            }
            byte => byte == b'\n',
        };
        self.at += 1;
        self.line += u64::from(is_break);
    }
}
