//! Marks the words of a query in a text.

use std::{collections::HashSet, ops::Range};

use crate::{
    chain::{self, Piece, UnspacedText, Word},
    encode::{MAX_TEXT_CHARS, stem_languages},
    lookups::{Group, Unit},
    snapshot::Index,
    terms,
};

/// Matches in a text that are considered for the best passage.
const MAX_MARKS: usize = 200;

/// The terms of a query, by which words are marked.
#[derive(Debug, Clone, Default)]
pub struct Highlighter {
    words: HashSet<String>,
    forms: HashSet<String>,
    /// What a word may begin with.
    prefixes: Vec<String>,
}

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
            let terms =
                if lookup.index == Index::Words { &mut self.words } else { &mut self.forms };
            terms.insert(lookup.term.clone());
        }
        self.prefixes.extend(unit.prefix.clone());
    }

    /// Returns the passage with most of the words, of at most `max_chars` characters of the first of
    /// the texts that has most, as HTML: escaped, with `<mark>` around words and no other element, and
    /// `…` where the text is cut. `None` when no text has a word. Reads the first 20,000 characters of
    /// each text.
    pub fn passage(&self, texts: &[&str], max_chars: usize) -> Option<String> {
        let mut best: Option<(usize, Passage)> = None;
        for text in texts.iter().map(|text| chain::cut(text, MAX_TEXT_CHARS)) {
            let (count, passage) = Passage::best(text, self.marks(text), max_chars);
            if count > best.as_ref().map_or(0, |(most, _)| *most) {
                best = Some((count, passage));
            }
        }
        best.map(|(_, passage)| passage.into_html())
    }

    /// Returns the bytes of a text that are marked, in order and without overlaps.
    fn marks(&self, text: &str) -> Vec<Range<usize>> {
        let languages = stem_languages(chain::guess_language(text));
        let mut marks = Vec::new();
        for piece in chain::pieces(text) {
            match piece {
                Piece::Words { wholes, range, .. }
                    if wholes.iter().any(|whole| self.words.contains(whole)) =>
                {
                    marks.push(range);
                }
                Piece::Words { parts, .. } => {
                    let found = parts.iter().filter_map(|word| self.mark_word(word, &languages));
                    marks.extend(found);
                }
                Piece::UnspacedText(unspaced) => self.mark_unspaced(&unspaced, &mut marks),
            }
        }
        merge(marks)
    }

    /// Returns the bytes of a word, or of as much of a Korean one, that is marked.
    fn mark_word(&self, word: &Word, languages: &[&str]) -> Option<Range<usize>> {
        if let Some(symbols) = &word.with_symbols
            && self.words.contains(symbols)
        {
            let dot = usize::from(symbols.starts_with('.'));
            let after = symbols.len() - dot - word.plain.len();
            return Some(word.range.start - dot..word.range.end + after);
        }
        let stems = |language: &&str| {
            chain::stems(&word.marked, &word.plain, language)
                .any(|stem| self.forms.contains(&terms::stem(language, &stem)))
        };
        let grams = |chars: Vec<char>| {
            terms::grams(&chars, 2).any(|gram| self.forms.contains(&terms::gram(&gram.text)))
        };
        let is_marked = self.words.contains(&word.plain)
            || self.prefixes.iter().any(|prefix| word.plain.starts_with(prefix))
            || languages.iter().any(stems)
            || terms::hangul(word).is_some_and(grams);
        is_marked.then(|| word.range.clone())
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
