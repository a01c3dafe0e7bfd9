//! The passage of a prompt that matches a search, as HTML.

use std::collections::HashSet;

use super::search::script_runs;

/// Characters of a text that are searched for a passage: those that are indexed.
pub const INDEXED_CHARS: usize = 20_000;

/// Characters in a passage, and those of them before the first match.
const PASSAGE: usize = 240;
const BEFORE: usize = 40;

/// Matches in a text that are considered for the best passage, at most.
const MAX_MATCHES: usize = 200;

/// Runs of one keyword that are searched for, at most: each takes a scan of every text.
const MAX_RUNS: usize = 20;

/// The words and runs of characters that are highlighted.
pub struct HighlightTerms {
    words: HashSet<String>,
    runs: Vec<String>,
}

impl HighlightTerms {
    /// Makes terms from `words` in lower case, and `runs` in scripts without spaces, which are
    /// highlighted wherever they occur.
    pub fn new(words: Vec<String>, mut runs: Vec<String>) -> Self {
        let mut seen = HashSet::new();
        runs.retain(|run| seen.insert(run.clone()) && seen.len() <= MAX_RUNS);
        Self { words: words.into_iter().collect(), runs }
    }
}

/// Returns the words of a text in lower case, without those in scripts that have no spaces.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    spaced_words(beginning(text)).map(|(_, word)| word.to_lowercase())
}

fn beginning(text: &str) -> &str {
    text.char_indices().nth(INDEXED_CHARS).map_or(text, |(end, _)| &text[..end])
}

/// Returns words and the bytes at which they begin.
fn spaced_words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let start = text.as_ptr().addr();
    script_runs(text)
        .filter(|(unspaced, _)| !unspaced)
        .flat_map(|(_, run)| run.split(|c| !is_word_char(c)))
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr().addr() - start, word))
}

/// Returns whether Postgres' parser takes a character for a part of a word: letters, digits, and the
/// marks above, below or between them.
fn is_word_char(c: char) -> bool {
    let joins = matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{0591}'..='\u{05BD}' | '\u{0610}'..='\u{061A}'
        | '\u{064B}'..='\u{065F}' | '\u{0900}'..='\u{0963}' | '\u{0966}'..='\u{0DFF}'
        | '\u{200C}' | '\u{200D}');
    joins || c.is_alphanumeric()
}

/// Returns the passage with the most matches, from the first of the texts that has it; without any, the
/// beginning of the first text that is not empty. Escaped, so that nothing but `<mark>` is markup.
pub fn highlight(texts: &[impl AsRef<str>], terms: &HighlightTerms) -> String {
    let (mut best, mut most) = (("", Vec::new(), 0), 0);
    for text in texts.iter().map(|text| beginning(text.as_ref())) {
        let found = terms.find(text);
        let (count, first) = densest(text, &found);
        if count > most || best.0.is_empty() {
            (best, most) = ((text, found, first), count);
        }
    }
    let (text, found, first) = best;
    passage(text, &found, first)
}

impl HighlightTerms {
    /// Returns the matches in a text, as bytes from and to, in order and without overlaps.
    fn find(&self, text: &str) -> Vec<(usize, usize)> {
        let words = spaced_words(text)
            .filter(|(_, word)| self.words.contains(&word.to_lowercase()))
            .map(|(start, word)| (start, start + word.len()));
        let runs = self.runs.iter().flat_map(|run| {
            text.match_indices(run.as_str()).map(|(start, run)| (start, start + run.len()))
        });
        let mut found: Vec<_> = words.chain(runs).collect();
        found.sort_unstable();
        let mut end = 0;
        found.retain(|mark| {
            let apart = mark.0 >= end;
            if apart {
                end = mark.1;
            }
            apart
        });
        found.truncate(MAX_MATCHES);
        found
    }
}

/// Returns the most matches that a passage can have, and the byte at which the first of them begins.
fn densest(text: &str, found: &[(usize, usize)]) -> (usize, usize) {
    let mut best = (0, 0);
    let mut last = 0;
    for (first, (start, _)) in found.iter().enumerate() {
        let end = char_after(text, *start, PASSAGE - BEFORE);
        while found.get(last).is_some_and(|mark| mark.1 <= end) {
            last += 1;
        }
        if last.saturating_sub(first) > best.0 {
            best = (last - first, *start);
        }
    }
    best
}

/// Returns the byte of the character that comes `count` later, or the end.
fn char_after(text: &str, start: usize, count: usize) -> usize {
    text[start..].char_indices().nth(count).map_or(text.len(), |(i, _)| start + i)
}

/// Cuts out the passage around a match, and marks the matches in it.
fn passage(text: &str, found: &[(usize, usize)], first: usize) -> String {
    // From the beginning of a word to the end of a word, where they are near.
    let start = text[..first].char_indices().rev().nth(BEFORE - 1).map_or(0, |(i, _)| i);
    let start = match text[start..first].find(char::is_whitespace) {
        Some(space) if start > 0 => start + space,
        _ => start,
    };
    let end = char_after(text, start, PASSAGE);
    let end = match text[first..end].rfind(char::is_whitespace) {
        Some(space) if end < text.len() && space > 0 => first + space,
        _ => end,
    };
    let mut html = String::with_capacity(2 * PASSAGE);
    if start > 0 {
        html.push('…');
    }
    let mut at = start;
    for &(from, to) in found.iter().filter(|mark| mark.0 >= start && mark.1 <= end) {
        escape(&text[at..from], &mut html);
        html.push_str("<mark>");
        escape(&text[from..to], &mut html);
        html.push_str("</mark>");
        at = to;
    }
    escape(&text[at..end], &mut html);
    if end < text.len() {
        html.push('…');
    }
    html
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(texts: &[&str], words: &[&str], runs: &[&str]) -> String {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        highlight(texts, &HighlightTerms::new(owned(words), owned(runs)))
    }

    #[test]
    fn only_marks_are_markup() {
        let html = marked(&["<b>Rust</b> & \"rust's\" trust"], &["rust"], &[]);
        assert_eq!(
            html,
            "&lt;b&gt;<mark>Rust</mark>&lt;/b&gt; &amp; &quot;<mark>rust</mark>&#39;s&quot; trust"
        );
    }

    #[test]
    fn a_long_text_is_cut_to_its_best_passage_between_words() {
        let text =
            format!("one rust {}rust with rust {}", "filler ".repeat(100), "word ".repeat(100));
        let html = marked(&["nothing here", &text], &["rust"], &[]);
        assert_eq!(html.matches("<mark>rust</mark> ").count(), 2, "{html}");
        assert!(html.starts_with("… filler") && html.ends_with("word…"), "{html}");
        let shown = html.replace("<mark>", "").replace("</mark>", "").chars().count();
        assert!((180..=PASSAGE + 2).contains(&shown), "{shown}");
    }

    #[test]
    fn scripts_without_spaces_are_marked_where_they_stand() {
        assert_eq!(marked(&["专业写作助手"], &[], &["写作"]), "专业<mark>写作</mark>助手");
        let long = "好".repeat(30_000);
        assert_eq!(marked(&[&long], &[], &["写"]), format!("{}…", "好".repeat(PASSAGE)));
        assert!(marked(&[&long], &[], &["好好"]).ends_with("…"));
    }

    #[test]
    fn a_word_is_whole_with_its_vowel_signs() {
        assert_eq!(words("हिन्दी शिक्षक।").collect::<Vec<_>>(), ["हिन्दी", "शिक्षक"]);
    }

    #[test]
    fn without_a_mark_the_first_text_is_shown() {
        assert_eq!(marked(&["", "first", "second"], &["x"], &["y"]), "first");
        assert_eq!(marked(&["", ""], &[], &[]), "");
    }
}
