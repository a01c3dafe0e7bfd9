//! What units stand for in an index: words that are unfinished are completed, unknown ones corrected.

use crate::{
    SearchError, encode,
    lookups::{self, KNOWN_DOCUMENTS, Lookup, count, list},
    snapshot::{Index, Snapshot},
    terms,
};

use super::{
    correct::{correct, may_be_misspelt},
    units::Unit,
};

/// How many completions of a word are looked up.
const MAX_COMPLETIONS: usize = 50;
/// How many words of a dictionary are looked at for completions.
const MAX_LISTED: usize = 3_000;
/// The shortest word that is completed in all texts; shorter ones are in titles and tags.
const MIN_COMPLETED_CHARS: usize = 3;
const COMPLETED: u32 = 60;
/// How well a misspelling answers at most where the word itself is known: in a title it stays behind the word in a
/// content.
const MISSPELT_OF_KNOWN: u32 = 12;
/// How many words of a search are corrected that no document has, and how many that few have: each
/// takes walks through the dictionaries.
const MAX_CORRECTED: usize = 5;

/// How many more words of a search are corrected.
pub struct Corrections {
    unknown: usize,
    rare: usize,
}

impl Corrections {
    pub fn new() -> Self {
        Self { unknown: MAX_CORRECTED, rare: MAX_CORRECTED }
    }

    /// Takes one for a word that so many documents have; returns whether there was one.
    fn take(&mut self, known: usize) -> bool {
        let left = if known == 0 { &mut self.unknown } else { &mut self.rare };
        let is_left = *left > 0;
        *left = left.saturating_sub(1);
        is_left
    }
}

/// Takes a unit's own terms only.
pub fn exactly(unit: Unit) -> lookups::Unit {
    let Unit { lookups, is_required, is_in_phrase, weight, .. } = unit;
    lookups::Unit { lookups, is_required, is_in_phrase, weight, prefix: None }
}

/// Looks a unit up.
pub fn resolve(
    snapshot: &Snapshot,
    unit: Unit,
    corrections: &mut Corrections,
) -> Result<lookups::Unit, SearchError> {
    let mut lookups = unit.lookups;
    let mut prefix = None;
    if !unit.fallback.is_empty() && count(snapshot, &lookups)? == 0 {
        lookups.extend(unit.fallback);
    }
    let Unit { is_required, is_in_phrase, weight, .. } = unit;
    let Some(word) = unit.word.filter(|_| is_required) else {
        return Ok(lookups::Unit { lookups, is_required, is_in_phrase, weight, prefix });
    };
    let known = count(snapshot, &lookups)?;
    let mut completed = false;
    if unit.is_unfinished && word.chars().count() >= *encode::PREFIX_CHARS.start() {
        let found = complete(snapshot, &word)?;
        completed = count(snapshot, &found)? > 0;
        lookups.extend(found);
        prefix = Some(word.clone());
    }
    if known < KNOWN_DOCUMENTS && may_be_misspelt(&word) && corrections.take(known) {
        let mut misspelt =
            correct(snapshot, &word, unit.is_unfinished && known == 0 && !completed)?;
        if known > 0 {
            misspelt.iter_mut().for_each(|it| it.form = it.form.min(MISSPELT_OF_KNOWN));
        }
        lookups.extend(misspelt);
    }
    Ok(lookups::Unit { lookups, is_required, is_in_phrase, weight, prefix })
}

/// Returns the terms of words that begin with a word.
fn complete(snapshot: &Snapshot, word: &str) -> Result<Vec<Lookup>, SearchError> {
    let mut found = Vec::new();
    let chars = word.chars().count();
    if encode::PREFIX_CHARS.contains(&chars) {
        found.push(Lookup::form(terms::prefix(word), COMPLETED));
    }
    if chars < MIN_COMPLETED_CHARS {
        return Ok(found);
    }
    let mut words: Vec<(String, u32)> = list(snapshot, Index::Words, word, MAX_LISTED)?
        .into_iter()
        .filter(|(known, _)| known != word)
        .collect();
    // Where not all fit, the commonest: by orders of magnitude, which deleted documents seldom change.
    words.sort_by(|a, b| b.1.ilog2().cmp(&a.1.ilog2()).then_with(|| a.0.cmp(&b.0)));
    words.truncate(MAX_COMPLETIONS);
    found.extend(words.iter().map(|(word, _)| Lookup::word(word, COMPLETED)));
    Ok(found)
}
