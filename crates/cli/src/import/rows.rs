//! Reads the lines of the file as prompts.

use std::{fs, path::Path};

use anyhow::{Context, ensure};
use aws_lc_rs::digest::{Context as Digest, SHA256};
use csv_table::Reader;

use super::placeholders::{self, Change, Markup};

/// The most columns of a file; no collection has as many.
const MAX_COLUMNS: usize = 1_000;

/// The most tags that the prompt service takes, and the most characters of each.
const MAX_TAGS: usize = 10;
const MAX_TAG_CHARS: usize = 50;

/// The line and the title of a row, by which people find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowLocation {
    pub line: u64,
    pub title: String,
}

/// A row of the file.
#[derive(Debug)]
pub struct Row {
    pub location: RowLocation,
    /// The prompt, or the reason why it cannot be read.
    pub prompt: Result<Prompt, String>,
}

/// A prompt to be created.
#[derive(Debug, PartialEq, Eq)]
pub struct Prompt {
    pub title: String,
    pub content: String,
    pub tags: Vec<String>,
    /// The differences between the content and the file.
    pub changes: Vec<Change>,
}

/// A hash of a title and a content, without the spaces around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub fn of(title: &str, content: &str) -> Self {
        let mut digest = Digest::new(&SHA256);
        let title = title.trim();
        // Without the length, "ab" + "c" and "a" + "bc" would be the same.
        digest.update(&(title.len() as u64).to_le_bytes());
        digest.update(title.as_bytes());
        digest.update(content.trim().as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.finish().as_ref());
        Self(bytes)
    }
}

/// Reads all rows of a file. Without a `markup` it is detected.
///
/// # Errors
/// When the file cannot be read, or lacks a column that is needed.
pub fn read(path: &Path, markup: Option<Markup>) -> anyhow::Result<Vec<Row>> {
    let file = fs::read(path).with_context(|| format!("cannot open {}", path.display()))?;
    read_from(&file, markup).with_context(|| format!("cannot import {}", path.display()))
}

fn read_from(file: &[u8], markup: Option<Markup>) -> anyhow::Result<Vec<Row>> {
    let reader = Reader::new(file, MAX_COLUMNS)?;
    let columns = Columns::find(reader.columns())?;
    let read: Vec<_> = reader.collect();
    let markup = markup.unwrap_or_else(|| {
        Markup::detect(read.iter().flatten().map(|row| row.cells[columns.prompt].as_str()))
    });
    let rows = read.into_iter().map(|row| match row {
        Ok(row) => columns.row(&row, markup),
        // A bad row does not stop the others.
        Err(problem) => Row {
            location: RowLocation { line: problem.line, title: String::new() },
            prompt: Err(problem.what),
        },
    });
    Ok(rows.collect())
}

/// The positions of the columns that are read.
struct Columns {
    act: usize,
    prompt: usize,
    contributor: Option<usize>,
    kind: Option<usize>,
}

impl Columns {
    fn find(names: &[String]) -> anyhow::Result<Self> {
        let position = |wanted: &str| names.iter().position(|name| name == wanted);
        let is_twice = |wanted: &&str| names.iter().filter(|name| name == wanted).count() > 1;
        let missing: Vec<&str> =
            ["act", "prompt"].into_iter().filter(|name| position(name).is_none()).collect();
        ensure!(missing.is_empty(), "its first line lacks the columns: {}", missing.join(", "));
        let twice: Vec<&str> =
            ["act", "prompt", "contributor", "type"].into_iter().filter(is_twice).collect();
        ensure!(twice.is_empty(), "its first line has these columns twice: {}", twice.join(", "));
        Ok(Self {
            act: position("act").unwrap_or_default(),
            prompt: position("prompt").unwrap_or_default(),
            contributor: position("contributor"),
            kind: position("type"),
        })
    }

    fn row(&self, row: &csv_table::Row, markup: Markup) -> Row {
        let cell = |column: Option<usize>| column.map_or("", |column| row.cells[column].as_str());
        let title = cell(Some(self.act)).trim().to_owned();
        let converted = placeholders::convert(cell(Some(self.prompt)), markup);
        Row {
            location: RowLocation { line: row.line, title: title.clone() },
            prompt: Ok(Prompt {
                title,
                content: converted.content,
                tags: tags(cell(self.kind), cell(self.contributor)),
                changes: converted.changes,
            }),
        }
    }
}

/// Returns the type and the contributors as tags, without those that are too long.
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
        let rows = read_from(SAMPLE.as_bytes(), None).unwrap();
        assert_eq!(
            rows[0].prompt.as_ref().unwrap(),
            &Prompt {
                title: "Pirate 🏴‍☠️".to_owned(),
                content: "Say \"arr\",\nthen ask for {{Name:Jim}}.".to_owned(),
                tags: vec!["TEXT".to_owned(), "ann".to_owned(), "bob".to_owned()],
                changes: Vec::new(),
            }
        );
        assert_eq!(rows[2].location, RowLocation { line: 5, title: "Last".to_owned() });
        assert_eq!(rows[2].prompt.as_ref().unwrap().tags, ["IMAGE"]);
    }

    #[test]
    fn a_bad_row_is_named_and_the_others_are_read() {
        let rows = read_from(SAMPLE.as_bytes(), None).unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[1].location.line, 4);
        assert_eq!(rows[1].prompt.as_ref().unwrap_err(), "has 2 values, and line 1 names 5");
        let not_utf8 = b"act,prompt\nok,fine\n\xff,x\n";
        let rows = read_from(not_utf8, None).unwrap();
        assert_eq!(
            rows[1].prompt.as_ref().unwrap_err(),
            "column 1: is not UTF-8; save the file as CSV in UTF-8"
        );
    }

    #[test]
    fn missing_columns_are_named_together() {
        let error = read_from(b"title,text\na,b\n", None).unwrap_err().to_string();
        assert!(error.contains("act, prompt"), "{error}");
        let error = read_from(b"act,prompt,act\na,b,c\n", None).unwrap_err().to_string();
        assert!(error.contains("twice: act"), "{error}");
    }

    #[test]
    fn what_a_spreadsheet_wrote_is_read_as_it_was_there() {
        for file in [
            &include_bytes!("../../../csv-table/tests/fixtures/prompts-comma.csv")[..],
            include_bytes!("../../../csv-table/tests/fixtures/prompts-semicolon.csv"),
        ] {
            let prompts: Vec<_> =
                read_from(file, None).unwrap().into_iter().map(|row| row.prompt.unwrap()).collect();
            let [poet, reactor] = &prompts[..] else { panic!("{prompts:?}") };
            assert_eq!(
                poet.content,
                "Write a poem about {{topic:the sea}}, in the style of \"{{Poets name}}\".\n\
                 End it; with a rhyme."
            );
            assert_eq!(poet.tags, ["TEXT", "ann", "bob"]);
            assert_eq!(reactor.title, "Réparateur 🔧");
            assert_eq!(
                reactor.content,
                "Explain <div style={{ color: \"red\" }}> to {{audience}}, with \\{{mustaches}}."
            );
        }
    }

    /// `PROMPTS_CSV=… cargo test -p promptforge --lib whole_collection -- --ignored --nocapture`
    #[test]
    #[ignore = "needs a collection of prompts"]
    fn nothing_of_a_whole_collection_is_lost() {
        let file = fs::read(std::env::var_os("PROMPTS_CSV").unwrap()).unwrap();
        let rows = read_from(&file, None).unwrap();
        let mut sources = Reader::new(&file, MAX_COLUMNS).unwrap();
        let prompt = Columns::find(sources.columns()).unwrap().prompt;
        for row in &rows {
            let source = sources.next().unwrap();
            let (Ok(made), Ok(source)) = (&row.prompt, &source) else { continue };
            placeholders::tests::assert_kept(&source.cells[prompt], &made.content);
        }
        let prompts: Vec<_> = rows.iter().flat_map(|row| &row.prompt).collect();
        let slots: usize =
            prompts.iter().map(|prompt| template::variables(&prompt.content).len()).sum();
        println!("{} rows, {} read, {slots} variables", rows.len(), prompts.len());
        for (row, prompt) in
            rows.iter().zip(&prompts).filter(|(_, prompt)| !prompt.changes.is_empty())
        {
            println!("line {}: {}: {:?}", row.location.line, prompt.title, prompt.changes);
        }
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
