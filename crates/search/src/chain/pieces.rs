//! Cuts texts into words and unspaced texts.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::{MAX_WORD_CHARS, Script, cut, fold, script_of};

/// A word of more parts than this is found by its parts only.
const MAX_PARTS: usize = 6;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A word, or several that are joined by punctuation or by case.
    Words {
        parts: Vec<Word>,
        /// The forms of the whole, if it is compound: as it is written, and with its parts joined.
        wholes: Vec<String>,
        range: Range<usize>,
    },
    /// Text of a script without spaces.
    UnspacedText(UnspacedText),
}

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub marked: String,
    pub plain: String,
    /// The plain form with the symbols beside it, such as `c++` and `.net`.
    pub with_symbols: Option<String>,
    /// The bytes of the text that are this word.
    pub range: Range<usize>,
}

/// A text in a script that is written without spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnspacedText {
    pub script: Script,
    /// The characters in plain form, each with the bytes of the text that it stands for.
    pub chars: Vec<(char, Range<usize>)>,
}

/// Cuts a text into pieces.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut cutter = Cutter { text, found: Vec::new(), words: Vec::new() };
    for (start, segment) in text.split_word_bound_indices() {
        cutter.add(start, segment);
    }
    cutter.end_words();
    cutter.found
}

struct Cutter<'t> {
    text: &'t str,
    found: Vec<Piece>,
    /// The words since the last space.
    words: Vec<Word>,
}

impl Cutter<'_> {
    fn add(&mut self, start: usize, segment: &str) {
        let Some(first) = segment.chars().find(|c| c.is_alphanumeric() || is_emoji(*c)) else {
            // One sign between words joins them.
            if !(self.ends_at(start)
                && segment.chars().all(is_joint)
                && segment.chars().count() == 1)
            {
                self.end_words();
            }
            return;
        };
        if is_emoji(first) {
            self.end_words();
            self.push_word(start..start + segment.len());
            self.end_words();
            return;
        }
        if self
            .words
            .last()
            .is_some_and(|word| self.text[word.range.end..start].chars().count() > 1)
        {
            self.end_words();
        }
        for range in split(segment) {
            let range = start + range.start..start + range.end;
            let script =
                self.text[range.clone()].chars().map(script_of).find(|s| *s != Script::Other);
            match script {
                Some(script) if script.is_unspaced() => self.push_unspaced(script, range),
                _ => self.push_word(range),
            }
        }
    }

    fn ends_at(&self, start: usize) -> bool {
        self.words.last().is_some_and(|word| word.range.end == start)
    }

    fn push_word(&mut self, range: Range<usize>) {
        let mut marked = fold::marked_form(&self.text[range.clone()]);
        marked.truncate(cut(&marked, MAX_WORD_CHARS).len());
        let plain = fold::plain_form(&marked);
        if plain.is_empty() {
            return;
        }
        let with_symbols = self.with_symbols(&plain, &range);
        self.words.push(Word { marked, plain, with_symbols, range });
    }

    /// Returns a word with the symbols beside it that make it another word.
    fn with_symbols(&self, plain: &str, range: &Range<usize>) -> Option<String> {
        let after: String =
            self.text[range.end..].chars().take_while(|c| matches!(c, '+' | '#')).take(2).collect();
        let before = &self.text[..range.start];
        let dotted = before.ends_with('.')
            && !before.trim_end_matches('.').ends_with(|c: char| c.is_alphanumeric())
            && !before.ends_with("..");
        // Sums are not names.
        let is_name = self.text[range.end + after.len()..]
            .chars()
            .next()
            .is_none_or(|c| !c.is_alphanumeric());
        match (dotted, !after.is_empty() && is_name) {
            (false, false) => None,
            (dotted, named) => Some(format!(
                "{}{plain}{}",
                if dotted { "." } else { "" },
                if named { after.as_str() } else { "" }
            )),
        }
    }

    fn push_unspaced(&mut self, script: Script, range: Range<usize>) {
        self.end_words();
        let written = &self.text[range.clone()];
        let plain: Vec<char> = fold::plain_form(&fold::marked_form(written)).chars().collect();
        let places: Vec<Range<usize>> = written
            .char_indices()
            .map(|(at, c)| range.start + at..range.start + at + c.len_utf8())
            .collect();
        // Where normalization changed the number of characters, each stands for the whole text.
        let same = written.nfkc().count() == places.len() && plain.len() == places.len();
        let chars = plain
            .into_iter()
            .enumerate()
            .map(|(at, c)| (c, if same { places[at].clone() } else { range.clone() }));
        match self.found.last_mut() {
            Some(Piece::UnspacedText(unspaced))
                if unspaced.script == script
                    && unspaced.chars.last().is_some_and(|(_, last)| last.end == range.start) =>
            {
                unspaced.chars.extend(chars);
            }
            _ => self
                .found
                .push(Piece::UnspacedText(UnspacedText { script, chars: chars.collect() })),
        }
    }

    fn end_words(&mut self) {
        let parts = std::mem::take(&mut self.words);
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return };
        let range = first.range.start..last.range.end;
        let mut wholes = Vec::new();
        if (2..=MAX_PARTS).contains(&parts.len()) {
            let joined: String = parts.iter().map(|word| word.plain.as_str()).collect();
            let written = fold::plain_form(&fold::marked_form(&self.text[range.clone()]));
            for whole in [joined, written] {
                if whole.chars().count() <= MAX_WORD_CHARS && !wholes.contains(&whole) {
                    wholes.push(whole);
                }
            }
        }
        self.found.push(Piece::Words { parts, wholes, range });
    }
}

fn is_emoji(c: char) -> bool {
    script_of(c) == Script::Emoji || ('\u{1f1e6}'..='\u{1f1ff}').contains(&c)
}

fn is_joint(c: char) -> bool {
    matches!(
        c,
        '-' | '_' | '.' | '\'' | '’' | '/' | '&' | '@' | ':' | '+' | '#' | '\u{2010}' | '\u{2011}'
    )
}

/// Splits a segment between scripts with and without spaces, at signs, and where its case changes.
fn split(segment: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut open: Option<usize> = None;
    let mut last: Option<char> = None;
    let mut chars = segment.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        if !is_word_char(c) {
            ranges.extend(open.take().map(|start| start..at));
            last = None;
            continue;
        }
        if let (Some(start), Some(before)) = (open, last)
            && is_border(before, c, next)
        {
            ranges.push(start..at);
            open = Some(at);
        }
        open = open.or(Some(at));
        last = Some(c);
    }
    ranges.extend(open.map(|start| start..segment.len()));
    ranges
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric()
        || unicode_normalization::char::is_combining_mark(c)
        || matches!(c, '\u{200c}' | '\u{200d}' | '\u{640}' | 'ー')
}

fn is_border(before: char, c: char, next: Option<char>) -> bool {
    let unspaced = |c: char| {
        let script = script_of(c);
        script.is_unspaced().then_some(script)
    };
    let marks = unicode_normalization::char::is_combining_mark(c);
    (!marks && unspaced(before) != unspaced(c))
        || (before.is_lowercase() && c.is_uppercase())
        || (before.is_uppercase() && c.is_uppercase() && next.is_some_and(char::is_lowercase))
}
