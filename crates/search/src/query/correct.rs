//! Corrections of words that are misspelt.

use std::{collections::BTreeMap, sync::LazyLock};

use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder, SINK_STATE};
use tantivy_fst::Automaton;

use crate::{
    SearchError,
    error::broken,
    lookups::{Lookup, count},
    snapshot::Snapshot,
};

/// The shortest words with one slip, and with two.
const MIN_CHARS: [usize; 2] = [4, 8];
/// The shortest unfinished word with a slip.
const MIN_UNFINISHED_CHARS: usize = 5;
/// How many corrections of a word are looked up.
const MAX_CORRECTIONS: usize = 20;
/// How many words of a dictionary are taken for one.
const MAX_LISTED: usize = 500;

/// How well a word with one and with two slips answers, in percent; and an unfinished one.
const SLIPS: [u32; 2] = [55, 45];
const UNFINISHED: u32 = 35;

static AUTOMATA: LazyLock<[LevenshteinAutomatonBuilder; 2]> =
    LazyLock::new(|| [1, 2].map(|slips| LevenshteinAutomatonBuilder::new(slips, true)));

/// Returns the words that a word may be a misspelling of: those with one slip, or else with two, or
/// else those that begin with it but for one slip.
pub fn correct(
    snapshot: &Snapshot,
    word: &str,
    is_unfinished: bool,
) -> Result<Vec<Lookup>, SearchError> {
    if !may_be_misspelt(word) {
        return Ok(Vec::new());
    }
    let chars = word.chars().count();
    for (slips, min_chars) in MIN_CHARS.into_iter().enumerate() {
        if chars >= min_chars {
            let found = search(snapshot, word, AUTOMATA[slips].build_dfa(word), SLIPS[slips])?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
    }
    if is_unfinished && chars >= MIN_UNFINISHED_CHARS {
        return search(snapshot, word, AUTOMATA[0].build_prefix_dfa(word), UNFINISHED);
    }
    Ok(Vec::new())
}

/// Returns whether a word is long enough, and no number: another number is no misspelling.
pub fn may_be_misspelt(word: &str) -> bool {
    word.chars().count() >= MIN_CHARS[0] && !word.chars().any(char::is_numeric)
}

fn search(
    snapshot: &Snapshot,
    word: &str,
    automaton: DFA,
    form: u32,
) -> Result<Vec<Lookup>, SearchError> {
    let mut found = BTreeMap::new();
    for segment in &snapshot.segments {
        let stream = segment.words.terms().search(Slips(&automaton)).into_stream();
        let mut stream = stream.map_err(broken)?;
        let mut listed = 0;
        while listed < MAX_LISTED && stream.advance() {
            listed += 1;
            let Ok(term) = std::str::from_utf8(stream.key()) else { continue };
            if let (Distance::Exact(slips), true) = (automaton.eval(term), term != word) {
                // A first letter is seldom wrong.
                let first = term.chars().next() != word.chars().next();
                found.insert((slips, first, term.to_owned()), ());
            }
        }
    }
    let mut lookups = Vec::new();
    for (_, _, term) in found.into_keys() {
        let lookup = Lookup::word(&term, form);
        if count(snapshot, std::slice::from_ref(&lookup))? > 0 {
            lookups.push(lookup);
        }
        if lookups.len() == MAX_CORRECTIONS {
            break;
        }
    }
    Ok(lookups)
}

/// Lets a dictionary be searched by an automaton.
struct Slips<'a>(&'a DFA);

impl Automaton for Slips<'_> {
    type State = u32;

    fn start(&self) -> u32 {
        self.0.initial_state()
    }

    fn is_match(&self, state: &u32) -> bool {
        matches!(self.0.distance(*state), Distance::Exact(_))
    }

    fn can_match(&self, state: &u32) -> bool {
        *state != SINK_STATE
    }

    fn accept(&self, state: &u32, byte: u8) -> u32 {
        self.0.transition(*state, byte)
    }
}
