//! What may be meant by a keyword that is being typed.

use std::collections::{BTreeMap, HashSet};

use tantivy::{DocId, schema::Value};
use uuid::Uuid;

use crate::{
    SearchError, Suggestion, SuggestionKind, chain, encode,
    error::broken,
    lookups::{self, Group, Lookup, Unit},
    query,
    ranking::{Evaluation, Filters, Window},
    schema::Fields,
    snapshot::{Index, Segment, Snapshot},
    terms,
};

const MAX_LIMIT: usize = 50;
const MAX_CHARS: usize = 100;
/// How many values of a dictionary are looked at.
const MAX_LISTED: usize = 200;
/// How many words of a dictionary are looked at.
const MAX_WORDS_LISTED: usize = 1_000;
/// How many completions of the last word are looked up in titles.
const MAX_COMPLETIONS: usize = 30;
/// How many titles of a segment are compared.
const MAX_TITLES: usize = 200;
/// The shortest text that is completed to words, and that may be misspelt.
const MIN_WORD_CHARS: usize = 2;
const MIN_MISSPELT_CHARS: usize = 4;
/// How many corrections are tried.
const MAX_CORRECTIONS: usize = 3;
/// How many suggestions of each kind come before more of the others.
const EACH: usize = 2;

/// Returns suggestions, the likeliest first: titles that begin with the text, some of each other kind,
/// and more of all. Where nothing begins so, the last word may have a slip.
pub fn suggest(
    snapshot: &Snapshot,
    fields: &Fields,
    typed: &str,
    limit: usize,
) -> Result<Vec<Suggestion>, SearchError> {
    let limit = limit.min(MAX_LIMIT);
    let suggester = Suggester { snapshot, fields, limit };
    let typed = chain::cut(typed.trim(), MAX_CHARS);
    let found = suggester.suggest(typed)?;
    if !found.is_empty() || limit == 0 {
        return Ok(found);
    }
    let (before, last) = split(typed);
    let plain = encode::plain_text(&chain::pieces(last));
    if plain.chars().count() < MIN_MISSPELT_CHARS || plain.contains(' ') {
        return Ok(found);
    }
    for correction in query::correct(snapshot, &plain, true)?.iter().take(MAX_CORRECTIONS) {
        let found = suggester.suggest(&format!("{before}{}", correction.term))?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(found)
}

/// Splits a text before its last word.
fn split(typed: &str) -> (&str, &str) {
    let start = typed
        .rfind(char::is_whitespace)
        .map_or(0, |at| at + typed[at..].chars().next().map_or(0, char::len_utf8));
    typed.split_at(start)
}

struct Suggester<'s> {
    snapshot: &'s Snapshot,
    fields: &'s Fields,
    limit: usize,
}

/// A document whose title is suggested.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Title {
    /// The popularity, for the best to come first.
    popularity: std::cmp::Reverse<u8>,
    segment: usize,
    doc: DocId,
}

impl Suggester<'_> {
    fn suggest(&self, typed: &str) -> Result<Vec<Suggestion>, SearchError> {
        let plain = encode::plain_text(&chain::pieces(typed));
        let folded = encode::folded(typed);
        if plain.is_empty() && folded.is_empty() {
            return Ok(Vec::new());
        }
        let kinds = [
            self.titles_beginning(&plain)?,
            self.values(terms::TAG, SuggestionKind::Tag, &folded)?,
            self.values(terms::CATEGORY, SuggestionKind::Category, &folded)?,
            self.values(terms::AUTHOR, SuggestionKind::Author, &folded)?,
            self.titles_with(&plain)?,
            self.words(typed)?,
        ];
        Ok(self.mix(kinds))
    }

    /// Takes titles first, and some of each kind before more of all; each text of a kind once.
    fn mix(&self, kinds: [Vec<Suggestion>; 6]) -> Vec<Suggestion> {
        let first = |at: usize| if at == 0 { self.limit.div_ceil(2) } else { EACH };
        let (mut some, mut more) = (Vec::new(), Vec::new());
        for (at, found) in kinds.into_iter().enumerate() {
            let mut found = found.into_iter();
            some.extend(found.by_ref().take(first(at)));
            more.extend(found);
        }
        let mut seen = HashSet::new();
        let all = some.into_iter().chain(more);
        let mut all: Vec<Suggestion> = all
            .filter(|found| seen.insert((found.kind, chain::marked_form(&found.text))))
            .collect();
        all.truncate(self.limit);
        all
    }

    fn titles_beginning(&self, plain: &str) -> Result<Vec<Suggestion>, SearchError> {
        if plain.is_empty() {
            return Ok(Vec::new());
        }
        let keys = lookups::list(
            self.snapshot,
            Index::Keys,
            &format!("{}{plain}", terms::TITLE),
            MAX_LISTED,
        )?;
        self.titles(vec![lookups_of(keys.into_keys())])
    }

    /// Returns titles that have the words, the last of which may be unfinished.
    fn titles_with(&self, plain: &str) -> Result<Vec<Suggestion>, SearchError> {
        let Some(last) = plain.split(' ').next_back().filter(|last| !last.is_empty()) else {
            return Ok(Vec::new());
        };
        let words: Vec<&str> = plain.split(' ').collect();
        let mut units: Vec<Vec<Lookup>> = words[..words.len() - 1]
            .iter()
            .map(|word| lookups_of([terms::key(terms::TITLE_WORD, word)].into_iter()))
            .collect();
        let begin = format!("{}{last}", terms::TITLE_WORD);
        let last = lookups::list(self.snapshot, Index::Keys, &begin, MAX_COMPLETIONS)?;
        units.push(lookups_of(last.into_keys()));
        self.titles(units)
    }

    /// Returns the titles of documents that have one key of each unit, those of the best popularity first.
    fn titles(&self, units: Vec<Vec<Lookup>>) -> Result<Vec<Suggestion>, SearchError> {
        let group = Group {
            units: units.into_iter().map(required).collect(),
            excluded: Vec::new(),
            phrases: Vec::new(),
            excluded_phrases: Vec::new(),
            title: None,
        };
        let mut found = Vec::new();
        let mut window = Window::default();
        for (at, segment) in self.snapshot.segments.iter().enumerate() {
            let mut count = 0;
            let filters = Filters::default();
            let Some(mut evaluation) = Evaluation::open(segment, &group, &filters, 0, &mut window)?
            else {
                continue;
            };
            evaluation.run_until(0..segment.reader.max_doc(), |hit| {
                if segment.is_alive(hit.doc) {
                    count += 1;
                    let popularity = std::cmp::Reverse(segment.columns.popularity(hit.doc));
                    found.push(Title { popularity, segment: at, doc: hit.doc });
                }
                count >= MAX_TITLES
            });
        }
        found.sort_unstable();
        let mut titles: Vec<Suggestion> = Vec::new();
        let mut seen = HashSet::new();
        // Some titles are there more than once.
        for title in found.iter().take(4 * self.limit) {
            let segment = &self.snapshot.segments[title.segment];
            let text = self.title(segment, title.doc)?;
            if !text.is_empty() && seen.insert(chain::marked_form(&text)) {
                let document_id = Some(segment.columns.id(title.doc));
                titles.push(Suggestion {
                    text,
                    kind: SuggestionKind::Title,
                    document_id,
                    author_id: None,
                });
            }
            if titles.len() == self.limit {
                break;
            }
        }
        Ok(titles)
    }

    fn title(&self, segment: &Segment, doc: DocId) -> Result<String, SearchError> {
        let document: tantivy::TantivyDocument = segment.titles.get(doc).map_err(broken)?;
        let title = document
            .get_first(self.fields.title)
            .and_then(|title| title.as_str().map(str::to_owned));
        Ok(title.unwrap_or_default())
    }

    /// Returns tags, categories or authors that begin with a text, the commonest first.
    fn values(
        &self,
        kind: char,
        shown: SuggestionKind,
        folded: &str,
    ) -> Result<Vec<Suggestion>, SearchError> {
        if folded.is_empty() {
            return Ok(Vec::new());
        }
        let keys =
            lookups::list(self.snapshot, Index::Keys, &format!("{kind}{folded}"), MAX_LISTED)?;
        // A value may be written in several ways.
        let mut values: BTreeMap<&str, (u32, &str, &str)> = BTreeMap::new();
        for (key, documents) in &keys {
            let Some((value, rest)) = terms::key_parts(key) else { continue };
            let known = values.entry(value).or_insert((0, rest, key));
            if *documents > known.0 {
                *known = (*documents, rest, key);
            }
        }
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by_key(|(value, (documents, ..))| {
            (*value != folded, std::cmp::Reverse(documents.ilog2()), *value)
        });
        let mut found = Vec::new();
        for (_, (_, rest, key)) in values {
            if found.len() == self.limit {
                break;
            }
            if lookups::count(self.snapshot, &lookups_of([key.to_owned()].into_iter()))? == 0 {
                continue;
            }
            let (text, id) = rest.split_once(terms::SEPARATOR).unwrap_or((rest, ""));
            let author_id = Uuid::try_parse(id).ok();
            found.push(Suggestion {
                text: text.to_owned(),
                kind: shown,
                document_id: None,
                author_id,
            });
        }
        Ok(found)
    }

    /// Returns the text with its last word completed.
    fn words(&self, typed: &str) -> Result<Vec<Suggestion>, SearchError> {
        let (before, last) = split(typed);
        let plain = encode::plain_text(&chain::pieces(last));
        if plain.chars().count() < MIN_WORD_CHARS || plain.contains(' ') {
            return Ok(Vec::new());
        }
        let words = lookups::list(self.snapshot, Index::Words, &plain, MAX_WORDS_LISTED)?;
        let mut words: Vec<_> = words.into_iter().filter(|(word, _)| *word != plain).collect();
        words.sort_by(|a, b| b.1.ilog2().cmp(&a.1.ilog2()).then_with(|| a.0.cmp(&b.0)));
        let mut found = Vec::new();
        for (word, _) in words {
            if found.len() == self.limit {
                break;
            }
            if lookups::count(self.snapshot, &[Lookup::word(&word, 100)])? > 0 {
                let text = format!("{before}{word}");
                found.push(Suggestion {
                    text,
                    kind: SuggestionKind::Word,
                    document_id: None,
                    author_id: None,
                });
            }
        }
        Ok(found)
    }
}

fn lookups_of(keys: impl Iterator<Item = String>) -> Vec<Lookup> {
    keys.map(|term| Lookup { index: Index::Keys, term, form: 100 }).collect()
}

fn required(lookups: Vec<Lookup>) -> Unit {
    Unit { lookups, is_required: true, is_in_phrase: false, weight: 100, prefix: None }
}
