//! Stems: what inflected forms of a word have in common.

use frostem::{Algorithm, Stemmer};

use super::{Script, fold::plain_form, script_of};

/// Languages with stems, as ISO 639-1 codes.
const LATIN: [(&str, Algorithm); 22] = [
    ("en", Algorithm::English),
    ("de", Algorithm::German),
    ("fr", Algorithm::French),
    ("es", Algorithm::Spanish),
    ("pt", Algorithm::Portuguese),
    ("it", Algorithm::Italian),
    ("nl", Algorithm::Dutch),
    ("sv", Algorithm::Swedish),
    ("da", Algorithm::Danish),
    ("nb", Algorithm::Norwegian),
    ("fi", Algorithm::Finnish),
    ("pl", Algorithm::Polish),
    ("cs", Algorithm::Czech),
    ("ro", Algorithm::Romanian),
    ("hu", Algorithm::Hungarian),
    ("tr", Algorithm::Turkish),
    ("id", Algorithm::Indonesian),
    ("ca", Algorithm::Catalan),
    ("et", Algorithm::Estonian),
    ("lt", Algorithm::Lithuanian),
    ("eo", Algorithm::Esperanto),
    ("eu", Algorithm::Basque),
];
const CYRILLIC: [(&str, Algorithm); 2] = [("ru", Algorithm::Russian), ("uk", Algorithm::Ukrainian)];
const GREEK: [(&str, Algorithm); 1] = [("el", Algorithm::Greek)];
const ARABIC: [(&str, Algorithm); 2] = [("ar", Algorithm::Arabic), ("fa", Algorithm::Persian)];
const DEVANAGARI: [(&str, Algorithm); 2] = [("hi", Algorithm::Hindi), ("ne", Algorithm::Nepali)];

/// Returns the languages with stems whose words may be in the script of a word.
pub fn languages_of(plain: &str) -> impl Iterator<Item = &'static str> + use<> {
    algorithms(plain).iter().map(|(code, _)| *code)
}

/// Returns the stems of a word in a language, in plain form: that of the word with its marks, and that
/// of the word without them where it is another one. Nothing where the language has no stems.
pub fn stems(marked: &str, plain: &str, language: &str) -> impl Iterator<Item = String> + use<> {
    let algorithm = algorithms(plain).iter().find(|(code, _)| *code == language);
    let [first, second] = match algorithm {
        Some((_, algorithm)) => {
            let stemmer = Stemmer::new(*algorithm);
            let first = plain_form(&stemmer.stem(marked));
            let second = (marked != plain).then(|| plain_form(&stemmer.stem(plain)));
            let second = second.filter(|second| *second != first);
            [Some(first), second]
        }
        None => [None, None],
    };
    first.into_iter().chain(second).filter(|stem| !stem.is_empty())
}

fn algorithms(plain: &str) -> &'static [(&'static str, Algorithm)] {
    match plain.chars().next().map(script_of) {
        Some(Script::Latin) => &LATIN,
        Some(Script::Cyrillic) => &CYRILLIC,
        Some(Script::Greek) => &GREEK,
        Some(Script::Arabic) => &ARABIC,
        Some(Script::Devanagari) => &DEVANAGARI,
        _ => &[],
    }
}
