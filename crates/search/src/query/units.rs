//! Units: what a document has or lacks, such as a word in any of its forms.

use crate::{
    chain::{self, Piece, UnspacedText, Word},
    lookups::Lookup,
    terms,
};

/// How well a form answers a word, in percent.
mod form {
    pub const EXACT: u32 = 100;
    pub const WHOLE: u32 = 95;
    pub const PLAIN: u32 = 92;
    pub const JOINED: u32 = 88;
    pub const STEM: u32 = 80;
    pub const WITHOUT_SYMBOLS: u32 = 60;
}

/// How much a unit counts, in percent.
mod weight {
    pub const WORD: u32 = 100;
    pub const PAIR: u32 = 45;
    pub const STOP_WORD: u32 = 15;
    pub const BONUS: u32 = 30;
}

/// A word of a keyword, or a gram, in any of its forms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    pub lookups: Vec<Lookup>,
    /// What is looked up where nothing has the lookups.
    pub fallback: Vec<Lookup>,
    /// Whether a document that lacks it lacks a word; otherwise it only adds to a score.
    pub is_required: bool,
    /// Whether it is a word of a phrase, which a document must have whole.
    pub is_in_phrase: bool,
    pub weight: u32,
    /// The word, if it may be misspelt.
    pub word: Option<String>,
    /// Whether the word may be unfinished.
    pub is_unfinished: bool,
}

/// Returns the units of words that need not be side by side.
pub fn of_words(pieces: &[Piece], is_unfinished: bool) -> Vec<Unit> {
    let mut units = Vec::new();
    let words: Vec<&Word> = pieces.iter().flat_map(words_of).collect();
    let matters = |word: &&Word| !chain::is_stop_word(&word.plain) || word.with_symbols.is_some();
    let all_count = !words.iter().any(matters)
        && !pieces.iter().any(|piece| matches!(piece, Piece::UnspacedText(_)));
    for (at, piece) in pieces.iter().enumerate() {
        let is_last = is_unfinished && at + 1 == pieces.len();
        match piece {
            Piece::UnspacedText(unspaced) => of_unspaced(unspaced, &mut units),
            Piece::Words { parts, wholes, .. } => {
                for (part, word) in parts.iter().enumerate() {
                    let ends = is_last && part + 1 == parts.len();
                    let counts = all_count
                        || matters(&word)
                        || ends && pieces.len() > 1 && word.plain.len() > 3;
                    of_word(word, wholes, counts, ends, &mut units);
                }
            }
        }
    }
    of_neighbours(pieces, &mut units);
    units
}

fn words_of(piece: &Piece) -> &[Word] {
    match piece {
        Piece::Words { parts, .. } => parts,
        Piece::UnspacedText(_) => &[],
    }
}

fn of_word(word: &Word, wholes: &[String], counts: bool, ends: bool, units: &mut Vec<Unit>) {
    let mut lookups = Vec::new();
    lookups.extend(wholes.iter().map(|whole| Lookup::word(whole, form::WHOLE)));
    lookups.push(Lookup::form(terms::pair(&word.plain, ""), form::JOINED));
    let has_marks = word.marked != word.plain;
    if has_marks {
        lookups.push(Lookup::form(terms::marked(&word.marked), form::EXACT));
    }
    let plain = if has_marks { form::PLAIN } else { form::EXACT };
    let own = Lookup::word(&word.plain, plain);
    lookups.extend(of_stems(word));
    let unit = Unit {
        is_required: counts,
        weight: if counts { weight::WORD } else { weight::STOP_WORD },
        word: Some(word.plain.clone()),
        is_unfinished: ends && word.with_symbols.is_none(),
        ..Unit::default()
    };
    if let Some(symbols) = &word.with_symbols {
        let fallback = vec![Lookup { form: form::WITHOUT_SYMBOLS, ..own }];
        let lookups = vec![Lookup::word(symbols, form::EXACT)];
        units.push(Unit { lookups, fallback, word: None, ..unit });
        return;
    }
    lookups.push(own);
    match terms::hangul(word) {
        Some(chars) => of_hangul(&chars, Unit { lookups, ..unit }, units),
        None => units.push(Unit { lookups, ..unit }),
    }
}

/// Returns the stems of a word in each language that it may be of.
fn of_stems(word: &Word) -> Vec<Lookup> {
    let stems = chain::languages_of(&word.plain).flat_map(|language| {
        let stems = chain::stems(&word.marked, &word.plain, language);
        stems.map(move |stem| Lookup::form(terms::stem(language, &stem), form::STEM))
    });
    stems.collect()
}

/// Endings of Korean words that say what a word does in a sentence.
const ENDINGS: [&str; 34] = [
    "해주세요",
    "합니다",
    "하세요",
    "에서는",
    "으로는",
    "해줘",
    "에서",
    "으로",
    "에게",
    "한테",
    "부터",
    "까지",
    "처럼",
    "보다",
    "이나",
    "하고",
    "하는",
    "하기",
    "하다",
    "을",
    "를",
    "이",
    "가",
    "은",
    "는",
    "의",
    "에",
    "로",
    "와",
    "과",
    "도",
    "만",
    "들",
    "해",
];

/// Adds the units of a Korean word: its grams, without those of an ending, and the word itself.
fn of_hangul(chars: &[char], mut word: Unit, units: &mut Vec<Unit>) {
    let text: String = chars.iter().collect();
    let ending = ENDINGS.iter().find_map(|ending| text.strip_suffix(ending));
    let stem: Vec<char> = ending.unwrap_or(&text).chars().collect();
    let stem = if stem.len() >= 2 { stem } else { chars.to_vec() };
    word.is_unfinished = false;
    word.word = None;
    if stem.len() == 2 && chars.len() == 2 {
        word.lookups.push(Lookup::form(terms::gram(&text), form::PLAIN));
        units.push(word);
        return;
    }
    for gram in terms::grams(&stem, 2) {
        let lookups = vec![Lookup::form(terms::gram(&gram.text), form::EXACT)];
        units.push(Unit { lookups, is_required: true, weight: weight::WORD, ..Unit::default() });
    }
    units.push(Unit { is_required: false, weight: weight::BONUS, ..word });
}

fn of_unspaced(unspaced: &UnspacedText, units: &mut Vec<Unit>) {
    let chars: Vec<char> = unspaced.chars.iter().map(|(c, _)| *c).collect();
    let grams: Vec<_> = terms::grams(&chars, terms::gram_length(unspaced)).collect();
    let all_count = grams.iter().all(|gram| gram.has_particle);
    for gram in grams {
        let lookups = vec![Lookup::form(terms::gram(&gram.text), form::EXACT)];
        let is_required = all_count || !gram.has_particle;
        let weight = if is_required { weight::WORD } else { weight::STOP_WORD };
        units.push(Unit { lookups, is_required, weight, ..Unit::default() });
    }
    for gram in terms::grams(&chars, 3) {
        let lookups = vec![Lookup::form(terms::pair(&gram.text, ""), form::EXACT)];
        units.push(Unit { lookups, weight: weight::PAIR, ..Unit::default() });
    }
}

/// Adds what words side by side are together: a bonus, and the word that they may be written as.
fn of_neighbours(pieces: &[Piece], units: &mut Vec<Unit>) {
    let words: Vec<&Word> = pieces.iter().flat_map(words_of).collect();
    for pair in words.windows(2) {
        let [first, second] = pair else { continue };
        if chain::is_stop_word(&first.plain) && chain::is_stop_word(&second.plain) {
            continue;
        }
        let joined = format!("{}{}", first.plain, second.plain);
        for unit in units.iter_mut().filter(|unit| {
            unit.is_required
                && unit
                    .word
                    .as_ref()
                    .is_some_and(|word| *word == first.plain || *word == second.plain)
        }) {
            unit.lookups.push(Lookup::word(&joined, form::JOINED));
        }
        let lookups = vec![Lookup::form(terms::pair(&joined, ""), form::EXACT)];
        units.push(Unit { lookups, weight: weight::PAIR, ..Unit::default() });
    }
}

/// Returns the units of words that have to be side by side, in their very form.
pub fn of_phrase(pieces: &[Piece]) -> Vec<Unit> {
    let mut units = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Words { parts, .. } => units.extend(parts.iter().map(|word| Unit {
                lookups: match &word.with_symbols {
                    Some(symbols) => vec![Lookup::word(symbols, form::EXACT)],
                    None => vec![Lookup::word(&word.plain, form::EXACT)],
                },
                is_required: true,
                weight: weight::WORD,
                ..Unit::default()
            })),
            Piece::UnspacedText(unspaced) => {
                of_unspaced(unspaced, &mut units);
                units
                    .iter_mut()
                    .for_each(|unit| unit.is_required |= unit.weight == weight::STOP_WORD);
            }
        }
    }
    units
}

/// Returns a unit that has any form of a single word, to leave out documents that have it.
pub fn of_excluded(word: &Word) -> Unit {
    let mut lookups = match &word.with_symbols {
        Some(symbols) => {
            return Unit { lookups: vec![Lookup::word(symbols, form::EXACT)], ..Unit::default() };
        }
        None => vec![Lookup::word(&word.plain, form::EXACT)],
    };
    lookups.extend(of_stems(word));
    Unit { lookups, ..Unit::default() }
}

/// Returns the words and characters of a phrase in their order, as the index keeps them.
pub fn sequence(pieces: &[Piece]) -> Vec<String> {
    let mut sequence = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Words { parts, .. } => {
                sequence.extend(parts.iter().map(|word| word.plain.clone()))
            }
            Piece::UnspacedText(unspaced) => {
                sequence.extend(unspaced.chars.iter().map(|(c, _)| c.to_string()))
            }
        }
    }
    sequence
}
