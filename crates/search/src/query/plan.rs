//! A keyword as units.

use crate::{
    SearchError,
    chain::{self, Piece},
    encode,
    lookups::{Group, Lookup},
    snapshot::{Index, Snapshot},
    terms,
};

use super::{
    expand::{Corrections, exactly, resolve},
    parse::{Clause, Kind, parse},
    units::{self, Unit},
};

/// More units of one kind than this are ignored.
const MAX_REQUIRED: usize = 32;
const MAX_OPTIONAL: usize = 48;
const MAX_EXCLUDED: usize = 32;
/// More phrases of one kind, and more words of one, than this are ignored.
const MAX_PHRASES: usize = 8;
const MAX_PHRASE_WORDS: usize = 32;
/// More alternatives than this are ignored.
const MAX_ALTERNATIVES: usize = 8;

/// Returns the alternatives of a keyword that ask for something, each once.
pub fn groups(keyword: &str) -> Vec<Group<Unit>> {
    let mut groups = Vec::new();
    for clauses in parse(keyword) {
        let group = group(&clauses);
        if group.units.iter().any(|unit| unit.is_required) && !groups.contains(&group) {
            groups.push(group);
        }
        if groups.len() == MAX_ALTERNATIVES {
            break;
        }
    }
    groups
}

fn group(clauses: &[Clause<'_>]) -> Group<Unit> {
    let mut group = Group {
        units: Vec::new(),
        excluded: Vec::new(),
        phrases: Vec::new(),
        excluded_phrases: Vec::new(),
        title: None,
    };
    for clause in clauses {
        let pieces = chain::pieces(clause.text);
        match clause.kind {
            Kind::Words => {
                let ends_in_word = clause.text.ends_with(|c: char| c.is_alphanumeric());
                group.units.extend(units::of_words(&pieces, clause.is_last && ends_in_word));
            }
            Kind::Phrase => {
                let words = phrase(&pieces);
                let is_in_phrase = words.len() > 1;
                let units = units::of_phrase(&pieces).into_iter();
                group.units.extend(units.map(|unit| Unit { is_in_phrase, ..unit }));
                group.phrases.extend(is_in_phrase.then_some(words));
            }
            Kind::Without => exclude(&pieces, &mut group),
        }
    }
    let (mut required, mut optional) = (0, 0);
    group.units.retain(|unit| {
        let (count, most) = if unit.is_required {
            (&mut required, MAX_REQUIRED)
        } else {
            (&mut optional, MAX_OPTIONAL)
        };
        *count += 1;
        *count <= most
    });
    group.excluded.truncate(MAX_EXCLUDED);
    group.phrases.truncate(MAX_PHRASES);
    group.excluded_phrases.truncate(MAX_PHRASES);
    if let [Clause { kind: Kind::Words | Kind::Phrase, text, .. }] = clauses {
        let words = encode::plain_text(&chain::pieces(text));
        let term = terms::key(terms::TITLE, &words);
        let lookups = vec![Lookup { index: Index::Keys, term, form: 100 }];
        group.title = Some(Unit { lookups, ..Unit::default() });
    }
    group
}

fn exclude(pieces: &[Piece], group: &mut Group<Unit>) {
    if let [Piece::Words { parts, .. }] = pieces
        && let [word] = parts.as_slice()
    {
        group.excluded.push(units::of_excluded(word));
        return;
    }
    group.excluded_phrases.extend(Some(phrase(pieces)).filter(|words| !words.is_empty()));
}

fn phrase(pieces: &[Piece]) -> Vec<String> {
    let mut words = units::sequence(pieces);
    words.truncate(MAX_PHRASE_WORDS);
    words
}

impl Group<Unit> {
    /// Looks the units up.
    pub fn resolve(
        self,
        snapshot: &Snapshot,
        corrections: &mut Corrections,
    ) -> Result<Group, SearchError> {
        let exact = |units: Vec<Unit>| units.into_iter().map(exactly).collect();
        Ok(Group {
            units: self
                .units
                .into_iter()
                .map(|unit| resolve(snapshot, unit, corrections))
                .collect::<Result<_, _>>()?,
            excluded: exact(self.excluded),
            phrases: self.phrases,
            excluded_phrases: self.excluded_phrases,
            title: self.title.map(exactly),
        })
    }
}
