//! Marks the words of a query in a text.

mod beginnings;

use std::{
    cell::LazyCell,
    collections::{HashMap, HashSet},
    ops::Range,
};

use beginnings::{Beginnings, Initials};

use crate::{
    chain::{self, Piece, Script, UnspacedText, Word, script_of},
    encode::{MAX_TEXT_CHARS, STEMMED_LANGUAGES},
    lookups::{Group, Unit},
    snapshot::Index,
    terms,
};

/// Matches in a text that are considered for the best passage.
const MAX_MARKS: usize = 200;

/// The language in ASCII letters in which words begin with prefixes that their stems lack.
const INDONESIAN: &str = "id";
/// The shortest ending of such a stem that is looked for.
const MIN_ENDING_BYTES: usize = 3;
/// How many of a stem's last characters may differ from those of a word.
const MAX_CHANGED_CHARS: usize = 2;

/// The terms of a query, by which words are marked.
#[derive(Debug, Clone, Default)]
pub struct Highlighter {
    words: HashSet<String>,
    forms: HashSet<String>,
    /// What a word may begin with.
    prefixes: Vec<String>,
    beginnings: Beginnings,
    initials: Initials,
    /// The stems of the words in any language.
    stems: HashSet<String>,
    /// The Indonesian stems without their first letter, which a prefix of a word may change.
    endings: HashSet<String>,
}

/// The language of some texts, which is detected when it is first asked for: it takes longer than all else.
type Language<'t> = LazyCell<Option<&'static str>, Box<dyn FnOnce() -> Option<&'static str> + 't>>;

impl Highlighter {
    /// Takes the words that documents have to have.
    pub(crate) fn new(groups: &[Group]) -> Self {
        let mut highlighter = Self::default();
        let units = groups.iter().flat_map(|group| &group.units);
        for unit in units.filter(|unit| unit.is_required) {
            highlighter.add(unit);
        }
        highlighter
    }

    fn add(&mut self, unit: &Unit) {
        for lookup in &unit.lookups {
            if lookup.index == Index::Words {
                self.add_beginning(&lookup.term);
                self.words.insert(lookup.term.clone());
                continue;
            }
            if let Some((language, stem)) = terms::stem_parts(&lookup.term) {
                self.add_stem(language, stem);
            } else if let Some(gram) = terms::gram_chars(&lookup.term) {
                self.add_beginning(gram);
            }
            self.forms.insert(lookup.term.clone());
        }
        if let Some(prefix) = &unit.prefix {
            self.add_beginning(prefix);
            self.prefixes.push(prefix.clone());
        }
    }

    fn add_beginning(&mut self, word: &str) {
        self.beginnings.add(word);
        self.initials.add(word);
    }

    fn add_stem(&mut self, language: &str, stem: &str) {
        self.add_beginning(stem);
        self.stems.insert(stem.to_owned());
        let is_long = stem.len() > MIN_ENDING_BYTES;
        if let (INDONESIAN, true, Some(ending)) = (language, is_long, stem.get(1..)) {
            self.beginnings.add(ending);
            self.endings.insert(ending.to_owned());
        }
    }

    /// Returns the passage with most of the words, of at most `max_chars` characters of the first of
    /// the texts that has most, as HTML: escaped, with `<mark>` around words and no other element, and
    /// `…` where the text is cut. `None` when no text has a word. Reads the first 20,000 characters of
    /// each text.
    pub fn passage(&self, texts: &[&str], max_chars: usize) -> Option<String> {
        let language = Language::new(Box::new(|| chain::guess_language(&texts.join("\n"))));
        let mut best: Option<(usize, Passage)> = None;
        for text in texts.iter().map(|text| chain::cut(text, MAX_TEXT_CHARS)) {
            let (count, passage) = Passage::best(text, self.marks(text, &language), max_chars);
            if count > best.as_ref().map_or(0, |(most, _)| *most) {
                best = Some((count, passage));
            }
        }
        best.map(|(_, passage)| passage.into_html())
    }

    /// Returns the bytes of a text that are marked, in order and without overlaps.
    fn marks(&self, text: &str, language: &Language<'_>) -> Vec<Range<usize>> {
        let mut marks = Vec::new();
        let mut start = 0;
        // Some parts are in a text many times.
        let mut known: HashMap<&str, Vec<Range<usize>>> = HashMap::new();
        // No word goes on after a space.
        for part in text.split_inclusive(char::is_whitespace) {
            if self.beginnings.may_be_within(part)
                || !part.is_ascii() && self.initials.may_be_within(part)
            {
                let of_part =
                    known.entry(part).or_insert_with(|| self.marks_of_part(part, language));
                marks.extend(of_part.iter().map(|mark| start + mark.start..start + mark.end));
            }
            start += part.len();
        }
        merge(marks)
    }

    fn marks_of_part(&self, part: &str, language: &Language<'_>) -> Vec<Range<usize>> {
        let mut marks = Vec::new();
        for piece in chain::pieces(part) {
            match piece {
                Piece::Words { wholes, range, .. }
                    if wholes.iter().any(|whole| self.words.contains(whole)) =>
                {
                    marks.push(range);
                }
                Piece::Words { parts, .. } => {
                    marks.extend(parts.iter().filter_map(|word| self.mark_word(word, language)));
                }
                Piece::UnspacedText(unspaced) => self.mark_unspaced(&unspaced, &mut marks),
            }
        }
        marks
    }

    /// Returns the bytes of a word, or of as much of a Korean one, that is marked.
    fn mark_word(&self, word: &Word, language: &Language<'_>) -> Option<Range<usize>> {
        if let Some(symbols) = &word.with_symbols
            && self.words.contains(symbols)
        {
            let dot = usize::from(symbols.starts_with('.'));
            let after = symbols.len() - dot - word.plain.len();
            return Some(word.range.start - dot..word.range.end + after);
        }
        let grams = |chars: Vec<char>| {
            terms::grams(&chars, 2).any(|gram| self.forms.contains(&terms::gram(&gram.text)))
        };
        let is_marked = self.words.contains(&word.plain)
            || self.prefixes.iter().any(|prefix| word.plain.starts_with(prefix))
            || self.may_have_stem(&word.plain) && self.has_stem(word, language)
            || terms::hangul(word).is_some_and(grams);
        is_marked.then(|| word.range.clone())
    }

    /// Returns whether a stem of a word may be one of the query, which takes long to know: a stem changes the
    /// last characters of a word, but for the prefixes of some languages.
    fn may_have_stem(&self, plain: &str) -> bool {
        let begins_as = |stem: &String| {
            let common = plain.chars().zip(stem.chars()).take_while(|(a, b)| a == b).count();
            common > 0 && common + MAX_CHANGED_CHARS >= stem.chars().count()
        };
        self.stems.iter().any(begins_as)
            || self.endings.iter().any(|ending| plain.contains(ending))
            || plain.chars().next().is_some_and(|first| script_of(first) == Script::Arabic)
    }

    fn has_stem(&self, word: &Word, language: &Language<'_>) -> bool {
        let is_stem = |language: &str| {
            chain::stems(&word.marked, &word.plain, language)
                .any(|stem| self.forms.contains(&terms::stem(language, &stem)))
        };
        // Stems are found sooner than the language, and few words have one of the query in any language.
        STEMMED_LANGUAGES.into_iter().any(is_stem)
            || chain::languages_of(&word.plain).any(is_stem) && language.is_some_and(is_stem)
    }

    fn mark_unspaced(&self, unspaced: &UnspacedText, marks: &mut Vec<Range<usize>>) {
        let chars: Vec<char> = unspaced.chars.iter().map(|(c, _)| *c).collect();
        for length in 1..=terms::gram_length(unspaced) {
            for gram in terms::grams(&chars, length) {
                if self.forms.contains(&terms::gram(&gram.text)) {
                    marks.push(unspaced.chars[gram.first].1.start..unspaced.chars[gram.last].1.end);
                }
            }
        }
    }
}

/// Sorts marks, and joins those that overlap or touch.
fn merge(mut marks: Vec<Range<usize>>) -> Vec<Range<usize>> {
    marks.sort_unstable_by_key(|mark| (mark.start, mark.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for mark in marks {
        match merged.last_mut() {
            Some(last) if mark.start <= last.end => last.end = last.end.max(mark.end),
            _ => merged.push(mark),
        }
    }
    merged.truncate(MAX_MARKS);
    merged
}

/// A part of a text with its marks.
struct Passage<'t> {
    text: &'t str,
    marks: Vec<Range<usize>>,
    range: Range<usize>,
}

impl<'t> Passage<'t> {
    /// Returns the passage of a text with most marks, and how many it has.
    fn best(text: &'t str, marks: Vec<Range<usize>>, max_chars: usize) -> (usize, Self) {
        // So that a mark has some words before it.
        let before = max_chars / 6;
        let (mut most, mut first, mut last) = (0, 0, 0);
        for (at, mark) in marks.iter().enumerate() {
            let end = after(text, mark.start, max_chars - before);
            while marks.get(last).is_some_and(|mark| mark.end <= end) {
                last += 1;
            }
            if last.saturating_sub(at) > most {
                (most, first) = (last - at, mark.start);
            }
        }
        let range = cut(text, first, before, max_chars);
        let inside = |mark: &Range<usize>| mark.start >= range.start && mark.end <= range.end;
        let marks = marks.into_iter().filter(inside).collect();
        (most, Self { text, marks, range })
    }

    fn into_html(self) -> String {
        let mut html = String::with_capacity(2 * self.range.len());
        html.push_str(if self.range.start > 0 { "…" } else { "" });
        let mut at = self.range.start;
        for mark in &self.marks {
            escape(&self.text[at..mark.start], &mut html);
            html.push_str("<mark>");
            escape(&self.text[mark.clone()], &mut html);
            html.push_str("</mark>");
            at = mark.end;
        }
        escape(&self.text[at..self.range.end], &mut html);
        html.push_str(if self.range.end < self.text.len() { "…" } else { "" });
        html
    }
}

/// Returns the bytes of a passage around a mark, from the beginning of a word to the end of one where
/// they are near.
fn cut(text: &str, first: usize, before: usize, max_chars: usize) -> Range<usize> {
    let start = text[..first].char_indices().rev().take(before).last().map_or(first, |(at, _)| at);
    let start = match text[start..first].find(char::is_whitespace) {
        Some(space) if start > 0 => {
            start + space + text[start + space..].chars().next().map_or(0, char::len_utf8)
        }
        _ => start,
    };
    let end = after(text, start, max_chars);
    match text[first..end].rfind(char::is_whitespace) {
        Some(space) if end < text.len() && space > 0 => start..first + space,
        _ => start..end,
    }
}

/// Returns the byte of the character that comes so many later, or the end.
fn after(text: &str, start: usize, chars: usize) -> usize {
    text[start..].char_indices().nth(chars).map_or(text.len(), |(at, _)| start + at)
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
}
