//! From lines of the file to prompts.

use std::{
    fs::File,
    io::{self, BufReader},
    path::Path,
};

use anyhow::{Context, ensure};
use aws_lc_rs::digest::{Context as Digest, SHA256};
use csv::{Reader, StringRecord};

use super::placeholders;

/// What the platform takes.
const MAX_TAGS: usize = 10;
const MAX_TAG_CHARS: usize = 50;

/// Where a row is: for people to find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: u64,
    pub title: String,
}

#[derive(Debug)]
pub struct Row {
    pub place: Place,
    /// Or why it cannot be read.
    pub prompt: Result<Prompt, String>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Prompt {
    pub title: String,
    pub content: String,
    pub tags: Vec<String>,
}

/// Tells prompts apart by title and content, whatever spaces are around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub fn of(title: &str, content: &str) -> Self {
        let mut digest = Digest::new(&SHA256);
        let title = title.trim();
        // The length says where the title ends and the content begins.
        digest.update(&(title.len() as u64).to_le_bytes());
        digest.update(title.as_bytes());
        digest.update(content.trim().as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.finish().as_ref());
        Self(bytes)
    }
}

/// Reads all rows of a file.
///
/// # Errors
/// When it cannot be read, or lacks a column that is needed.
pub fn read(path: &Path) -> anyhow::Result<Vec<Row>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    read_from(BufReader::new(file)).with_context(|| format!("cannot import {}", path.display()))
}

fn read_from(input: impl io::Read) -> anyhow::Result<Vec<Row>> {
    let mut reader = Reader::from_reader(input);
    let columns = Columns::of(reader.headers()?)?;
    let mut rows = Vec::new();
    let mut record = StringRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(rows),
            Ok(true) => rows.push(columns.row(&record)),
            Err(error) => match error.kind() {
                csv::ErrorKind::Io(_) => return Err(error.into()),
                // One bad row does not spoil the others.
                _ => rows.push(Row {
                    place: Place { line, title: String::new() },
                    prompt: Err(unreadable(&error)),
                }),
            },
        }
    }
}

fn unreadable(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} columns instead of {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

struct Columns {
    act: usize,
    prompt: usize,
    contributor: Option<usize>,
    kind: Option<usize>,
}

impl Columns {
    fn of(headers: &StringRecord) -> anyhow::Result<Self> {
        // Spreadsheets put a byte order mark before the first name.
        let find = |name: &str| {
            headers.iter().position(|header| header.trim_start_matches('\u{feff}').trim() == name)
        };
        let missing: Vec<&str> =
            ["act", "prompt"].into_iter().filter(|name| find(name).is_none()).collect();
        ensure!(missing.is_empty(), "its first line lacks the columns: {}", missing.join(", "));
        Ok(Self {
            act: find("act").unwrap_or_default(),
            prompt: find("prompt").unwrap_or_default(),
            contributor: find("contributor"),
            kind: find("type"),
        })
    }

    fn row(&self, record: &StringRecord) -> Row {
        let cell = |column: Option<usize>| column.and_then(|c| record.get(c)).unwrap_or_default();
        let title = cell(Some(self.act)).trim().to_owned();
        let line = record.position().map_or(0, csv::Position::line);
        Row {
            place: Place { line, title: title.clone() },
            prompt: Ok(Prompt {
                title,
                content: placeholders::convert(cell(Some(self.prompt))),
                tags: tags(cell(self.kind), cell(self.contributor)),
            }),
        }
    }
}

/// The type, then the contributors, of whom there may be several. One that is too long to be a tag
/// is left out.
fn tags(kind: &str, contributors: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in std::iter::once(kind).chain(contributors.split(',')).map(str::trim) {
        let fits = !tag.is_empty() && tag.chars().count() <= MAX_TAG_CHARS;
        if fits && tags.len() < MAX_TAGS && !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "\u{feff}act,prompt,for_devs,type,contributor\n\
        Pirate 🏴‍☠️,\"Say \"\"arr\"\",\nthen ask for ${Name:Jim}.\",TRUE,TEXT,\"ann, bob,,ann\"\n\
        Short,row\n\
        Last,\"One more, plainly.\",FALSE,IMAGE,\n";

    #[test]
    fn cells_with_lines_quotes_and_emoji_are_read_and_mapped() {
        let rows = read_from(SAMPLE.as_bytes()).unwrap();
        assert_eq!(
            rows[0].prompt.as_ref().unwrap(),
            &Prompt {
                title: "Pirate 🏴‍☠️".to_owned(),
                content: "Say \"arr\",\nthen ask for {{Name:Jim}}.".to_owned(),
                tags: vec!["TEXT".to_owned(), "ann".to_owned(), "bob".to_owned()],
            }
        );
        assert_eq!(rows[2].place, Place { line: 5, title: "Last".to_owned() });
        assert_eq!(rows[2].prompt.as_ref().unwrap().tags, ["IMAGE"]);
    }

    #[test]
    fn a_bad_row_is_named_and_the_others_are_read() {
        let rows = read_from(SAMPLE.as_bytes()).unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[1].place.line, 4);
        assert_eq!(rows[1].prompt.as_ref().unwrap_err(), "has 2 columns instead of 5");
        let not_utf8 = b"act,prompt\nok,fine\n\xff,x\n";
        let rows = read_from(not_utf8.as_slice()).unwrap();
        assert_eq!(rows[1].prompt.as_ref().unwrap_err(), "is not UTF-8");
    }

    #[test]
    fn missing_columns_are_named_together() {
        let error = read_from("title,text\na,b\n".as_bytes()).unwrap_err().to_string();
        assert!(error.contains("act, prompt"), "{error}");
    }

    #[test]
    fn tags_are_trimmed_distinct_few_and_short() {
        let many = (0..20).map(|n| format!(" c{n} ")).collect::<Vec<_>>().join(",");
        let found = tags("TEXT", &many);
        assert_eq!((found.len(), found[0].as_str(), found[9].as_str()), (10, "TEXT", "c8"));
        assert_eq!(tags(" ", &format!("{},é,é", "x".repeat(51))), ["é"]);
    }

    #[test]
    fn a_fingerprint_knows_where_the_title_ends() {
        assert_eq!(Fingerprint::of(" a ", "b\n"), Fingerprint::of("a", "b"));
        assert_ne!(Fingerprint::of("ab", "c"), Fingerprint::of("a", "bc"));
    }
}
