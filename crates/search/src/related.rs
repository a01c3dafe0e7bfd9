//! Documents that are like another one.

use std::collections::HashSet;

use uuid::Uuid;

use crate::{
    Document, SearchError,
    chain::{self, Piece, Word},
    encode,
    lookups::{Group, Lookup, Unit, keys},
    ranking::{Filters, Match, Ranking},
    snapshot::Snapshot,
    terms,
};

/// How many tags, and words of a title and a description, are compared.
const MAX_TAGS: usize = 10;
const MAX_TITLE_WORDS: usize = 8;
const MAX_DESCRIPTION_WORDS: usize = 6;
const MAX_LIMIT: usize = 100;
/// A term that more documents have, and more than one in twenty, says little of one.
const FREQUENT: usize = 2_000;

/// How much a tag, a category and a language in common count, in percent of the lowest level.
const TAG: u32 = 600;
const CATEGORY: u32 = 150;
const LANGUAGE: u32 = 150;
/// How much words count, in percent.
const TITLE_WORD: u32 = 100;
const DESCRIPTION_WORD: u32 = 40;
const STEM: u32 = 80;

/// Returns the ids of the documents with most in common.
pub fn related(
    snapshot: &Snapshot,
    document: &Document,
    limit: usize,
) -> Result<Vec<Uuid>, SearchError> {
    let units = units(snapshot, document)?;
    let group = Group {
        units,
        excluded: Vec::new(),
        phrases: Vec::new(),
        excluded_phrases: Vec::new(),
        title: None,
    };
    if group.required() == 0 {
        return Ok(Vec::new());
    }
    let limit = limit.min(MAX_LIMIT);
    let ranking =
        Ranking { matches: Match::Any, keep: limit + 1, after: None, on_two_threads: false };
    let top = ranking.rank(snapshot, &[group], &Filters::default())?;
    let ids = top.into_hits().into_iter().map(|hit| hit.id).filter(|id| *id != document.id);
    Ok(ids.take(limit).collect())
}

/// Returns what the document has, of which another must have something: its tags and words; without
/// those that are in very many documents, unless there are no others.
fn units(snapshot: &Snapshot, document: &Document) -> Result<Vec<Unit>, SearchError> {
    let mut units = Vec::new();
    for tag in document.tags.iter().take(MAX_TAGS) {
        units.push(unit(key(terms::TAG, &encode::folded(tag), snapshot)?, TAG, true));
    }
    let language = chain::guess_language(&encode::language_sample(document)).unwrap_or("en");
    let mut seen = HashSet::new();
    let texts = [
        (&document.title, MAX_TITLE_WORDS, TITLE_WORD),
        (&document.description, MAX_DESCRIPTION_WORDS, DESCRIPTION_WORD),
    ];
    for (text, most, weight) in texts {
        let pieces = chain::pieces(chain::cut(text, 1_000));
        let words = pieces.iter().flat_map(|piece| lookups(piece, language));
        let words = words.filter(|lookups| seen.insert(lookups[0].term.clone()));
        units.extend(words.take(most).map(|lookups| unit(lookups, weight, true)));
    }
    units.retain(|unit| !unit.lookups.is_empty());
    let frequent = (snapshot.len() / 20).max(FREQUENT);
    let rare = units.iter().map(|unit| documents(snapshot, unit).map(|count| count <= frequent));
    let rare: Vec<bool> = rare.collect::<Result<_, _>>()?;
    if rare.contains(&true) {
        let mut rare = rare.into_iter();
        units.retain(|_| rare.next().unwrap_or(true));
    }
    units.push(unit(
        key(terms::CATEGORY, &encode::folded(&document.category), snapshot)?,
        CATEGORY,
        false,
    ));
    units.push(unit(key(terms::LANGUAGE, language, snapshot)?, LANGUAGE, false));
    Ok(units)
}

fn unit(lookups: Vec<Lookup>, weight: u32, is_required: bool) -> Unit {
    Unit { lookups, is_required, is_in_phrase: false, weight, prefix: None }
}

fn key(kind: char, folded: &str, snapshot: &Snapshot) -> Result<Vec<Lookup>, SearchError> {
    keys(snapshot, &terms::key(kind, folded))
}

/// Returns the lookups of each word of a piece, and of each gram.
fn lookups(piece: &Piece, language: &str) -> Vec<Vec<Lookup>> {
    let of_word = |word: &Word| {
        let mut lookups = vec![Lookup::word(&word.plain, 100)];
        let stems = chain::stems(&word.marked, &word.plain, language);
        lookups.extend(stems.map(|stem| Lookup::form(terms::stem(language, &stem), STEM)));
        lookups
    };
    match piece {
        Piece::Words { parts, .. } => {
            let words = parts.iter().filter(|word| !chain::is_stop_word(&word.plain));
            words.map(of_word).collect()
        }
        Piece::UnspacedText(unspaced) => {
            let chars: Vec<char> = unspaced.chars.iter().map(|(c, _)| *c).collect();
            let grams = terms::grams(&chars, terms::gram_length(unspaced))
                .filter(|gram| !gram.has_particle);
            grams.map(|gram| vec![Lookup::form(terms::gram(&gram.text), 100)]).collect()
        }
    }
}

/// Counts the documents that have the terms of a unit, deleted ones included.
fn documents(snapshot: &Snapshot, unit: &Unit) -> Result<usize, SearchError> {
    let mut count = 0;
    for segment in &snapshot.segments {
        for lookup in &unit.lookups {
            let terms = segment.index(lookup.index).terms();
            let info = terms.get(lookup.term.as_bytes()).map_err(crate::error::broken)?;
            count += info.map_or(0, |info| info.doc_freq as usize);
        }
    }
    Ok(count)
}
