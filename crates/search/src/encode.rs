//! Turns a document into terms.

use std::collections::HashMap;

use tantivy::TantivyDocument;

use crate::{
    Document,
    chain::{self, Detected, Piece, UnspacedText, Word},
    levels::Level,
    lines, popularity,
    schema::Fields,
    terms,
};

/// How much of a text is indexed.
pub const MAX_TEXT_CHARS: usize = 20_000;
/// How much of a description is indexed.
const MAX_DESCRIPTION_CHARS: usize = 5_000;
/// The longest title that is found by being the very query, or by its beginning.
const MAX_TITLE_CHARS: usize = 100;
/// The least level at which words side by side are a term. Those of descriptions would be a third of all terms.
const NEIGHBOURS: Level = Level::Category;
/// The lengths of beginnings of words that are terms.
pub const PREFIX_CHARS: std::ops::RangeInclusive<usize> = 2..=6;

/// The languages whose stems the words of all documents have, whatever their own language: tags and names in most
/// texts are in them.
pub const STEMMED_LANGUAGES: [&str; 2] = ["en", "ru"];

/// Returns a document as the index takes it.
pub fn encode(fields: &Fields, document: &Document) -> TantivyDocument {
    let language = chain::detect(&language_sample(document));
    let mut terms = Terms::new(language.map(|language| language.code));
    let title = chain::pieces(chain::cut(&document.title, MAX_DESCRIPTION_CHARS));
    let level = Level::of_title(title.len());
    terms.add(&title, level);
    for tag in &document.tags {
        terms.add(&chain::pieces(tag), Level::Tag);
    }
    terms.add(&chain::pieces(&document.category), Level::Category);
    let description = chain::cut(&document.description, MAX_DESCRIPTION_CHARS);
    terms.add(&chain::pieces(description), Level::Description);
    terms.add(&chain::pieces(chain::cut(&document.content, MAX_TEXT_CHARS)), Level::Content);
    let words = plain_text(&title);

    let (high, low) = document.id.as_u64_pair();
    let mut encoded = TantivyDocument::new();
    encoded.add_bytes(fields.id, document.id.as_bytes());
    encoded.add_text(fields.word, lines_of(&terms.words));
    encoded.add_text(fields.form, lines_of(&terms.forms));
    encoded.add_text(fields.key, keys(document, &words, language));
    encoded.add_text(fields.phrase, &terms.phrase);
    encoded.add_text(fields.title, &document.title);
    encoded.add_u64(fields.id_high, high);
    encoded.add_u64(fields.id_low, low);
    encoded.add_u64(fields.popularity, popularity::step(&document.popularity));
    encoded.add_f64(fields.average_rating, document.popularity.average_rating);
    encoded
}

/// Returns the words of a text in plain form, with a space between them.
pub fn plain_text(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Words { parts, .. } => {
                for part in parts {
                    text.push_str(if text.is_empty() { "" } else { " " });
                    text.push_str(part.with_symbols.as_ref().unwrap_or(&part.plain));
                }
            }
            Piece::UnspacedText(unspaced) => {
                text.push_str(if text.is_empty() { "" } else { " " });
                text.extend(unspaced.chars.iter().map(|(c, _)| c));
            }
        }
    }
    text
}

/// Returns a value as filters compare it.
pub fn folded(value: &str) -> String {
    chain::marked_form(value.trim()).replace(['\n', terms::SEPARATOR], " ")
}

/// Returns the languages whose stems the words of a document in a language have.
fn stem_languages(own: Option<&'static str>) -> Vec<&'static str> {
    let mut languages: Vec<&'static str> = own.into_iter().collect();
    for language in STEMMED_LANGUAGES {
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    languages
}

/// Returns the text that a document's language is detected in.
pub fn language_sample(document: &Document) -> String {
    format!("{}\n{}\n{}", document.title, document.description, chain::cut(&document.content, 400))
}

fn keys(document: &Document, title: &str, language: Option<Detected>) -> String {
    let mut keys = String::new();
    let shown = |text: &str| text.trim().replace(['\n', terms::SEPARATOR], " ");
    let mut add = |kind: char, folded: &str, rest: &str| {
        if !folded.is_empty() {
            lines::push(&mut keys, &format!("{}{rest}", terms::key(kind, folded)));
        }
    };
    add(terms::CATEGORY, &folded(&document.category), &shown(&document.category));
    for tag in &document.tags {
        add(terms::TAG, &folded(tag), &shown(tag));
    }
    let author =
        format!("{}{}{}", shown(&document.author), terms::SEPARATOR, document.author_id.simple());
    add(terms::AUTHOR, &folded(&document.author), &author);
    if let Some(language) = language.filter(|language| language.is_sure) {
        add(terms::LANGUAGE, language.code, "");
    }
    let title = chain::cut(title, MAX_TITLE_CHARS);
    add(terms::TITLE, title, "");
    title.split(' ').for_each(|word| add(terms::TITLE_WORD, word, ""));
    keys
}

fn lines_of(levels: &HashMap<String, Level>) -> String {
    let mut lines = String::with_capacity(levels.len() * 12);
    for (term, level) in levels {
        lines::push_repeated(&mut lines, level.frequency(), term);
    }
    lines
}

/// The terms of a document, each with its best level.
struct Terms {
    words: HashMap<String, Level>,
    forms: HashMap<String, Level>,
    phrase: String,
    languages: Vec<&'static str>,
}

impl Terms {
    fn new(language: Option<&'static str>) -> Self {
        let languages = stem_languages(language);
        Self { words: HashMap::new(), forms: HashMap::new(), phrase: String::new(), languages }
    }

    fn word(&mut self, word: &str, level: Level) {
        match self.words.get_mut(word) {
            Some(known) => *known = level.max(*known),
            None => drop(self.words.insert(word.to_owned(), level)),
        }
    }

    fn form(&mut self, form: String, level: Level) {
        let known = self.forms.entry(form).or_insert(level);
        *known = level.max(*known);
    }

    fn add(&mut self, pieces: &[Piece], level: Level) {
        let mut before: Option<&str> = None;
        for piece in pieces {
            match piece {
                Piece::Words { parts, wholes, .. } => {
                    for whole in wholes {
                        self.word(whole, level);
                    }
                    let compound = parts.len() > 1;
                    for part in parts {
                        self.add_word(part, level, compound);
                        if let (Some(before), true) = (before, level >= NEIGHBOURS) {
                            self.form(terms::pair(before, &part.plain), level);
                        }
                        before = Some(&part.plain);
                    }
                }
                Piece::UnspacedText(unspaced) => {
                    self.add_unspaced(unspaced, level);
                    before = None;
                }
            }
        }
        self.phrase.push('\n');
    }

    fn add_word(&mut self, word: &Word, level: Level, is_part: bool) {
        let level = if is_part && level == Level::Content { Level::ContentPart } else { level };
        lines::push(&mut self.phrase, &word.plain);
        // A word that is there already in as good a place has all its other forms, too, but for marks.
        let known = self.words.get(&word.plain).is_some_and(|known| *known >= level);
        if word.marked != word.plain {
            self.form(terms::marked(&word.marked), level);
        }
        if let Some(symbols) = &word.with_symbols {
            self.word(symbols, level);
        }
        if known {
            return;
        }
        self.word(&word.plain, level);
        for at in 0..self.languages.len() {
            let language = self.languages[at];
            for stem in chain::stems(&word.marked, &word.plain, language) {
                self.form(terms::stem(language, &stem), level);
            }
        }
        if let Some(chars) = terms::hangul(word) {
            terms::grams(&chars, 2).for_each(|gram| self.form(terms::gram(&gram.text), level));
        }
        if level >= Level::Tag {
            for length in PREFIX_CHARS {
                let prefix = chain::cut(&word.plain, length);
                if prefix.len() < word.plain.len() {
                    self.form(terms::prefix(prefix), level);
                }
            }
        }
    }

    fn add_unspaced(&mut self, unspaced: &UnspacedText, level: Level) {
        let chars: Vec<char> = unspaced.chars.iter().map(|(c, _)| *c).collect();
        for length in 1..=terms::gram_length(unspaced).max(2.min(chars.len())) {
            terms::grams(&chars, length).for_each(|gram| self.form(terms::gram(&gram.text), level));
        }
        // Three characters side by side, as pairs of words are.
        if level >= NEIGHBOURS {
            terms::grams(&chars, 3).for_each(|gram| self.form(terms::pair(&gram.text, ""), level));
        }
        for c in chars {
            lines::push(&mut self.phrase, c.encode_utf8(&mut [0; 4]));
        }
    }
}
