//! A keyword, taken apart.

use super::query::{Lexed, Part, Query, Term};

/// A keyword as it was given, taken apart.
#[derive(Debug)]
pub struct Keyword {
    /// Terms of which all must hold; one of these is enough.
    alternatives: Vec<Vec<Term<Piece>>>,
    /// Stretches in scripts without spaces, for highlighting.
    pub runs: Vec<String>,
}

/// Words side by side, or a pair of characters of a script without spaces.
#[derive(Debug)]
struct Piece {
    text: String,
    /// The last word of all, to which more letters may come.
    unfinished: bool,
}

impl Keyword {
    pub fn parse(text: &str) -> Self {
        let mut keyword = Self { alternatives: vec![Vec::new()], runs: Vec::new() };
        let mut rest = text.trim();
        while !rest.is_empty() {
            let negated = rest.starts_with('-');
            rest = rest.trim_start_matches('-');
            let (word, quoted);
            if let Some(opened) = rest.strip_prefix('"') {
                let (phrase, after) = opened.split_once('"').unwrap_or((opened, ""));
                (word, quoted, rest) = (phrase, true, after.trim_start());
            } else {
                let end = rest.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(rest.len());
                (word, quoted) = (&rest[..end], false);
                rest = rest[end..].trim_start();
            }
            if word.eq_ignore_ascii_case("or") && !quoted && !negated {
                keyword.alternatives.push(Vec::new());
                continue;
            }
            let mut parts = pieces(word);
            if let Some(last) = parts.last_mut() {
                last.unfinished = rest.is_empty() && !quoted && !negated;
            }
            if !negated {
                keyword
                    .runs
                    .extend(stretches(word).filter(|(own, _)| *own).map(|(_, s)| s.to_owned()));
            }
            if let (false, Some(terms)) = (parts.is_empty(), keyword.alternatives.last_mut()) {
                terms.push(Term { negated, parts });
            }
        }
        keyword
    }

    /// What Postgres is to lex, in order.
    pub fn pieces(&self) -> Vec<String> {
        let terms = self.alternatives.iter().flatten();
        terms.flat_map(|term| &term.parts).map(|piece| piece.text.clone()).collect()
    }

    /// The same in lexemes, one for each of [`Keyword::pieces`]. Stop words are left out, and then what
    /// asks for nothing: to say only what must not be there is no search. `None` when that is all.
    pub fn lexed(&self, lexed: Vec<Lexed>) -> Option<Query> {
        let mut lexed = lexed.into_iter();
        let mut alternatives = Vec::new();
        for terms in &self.alternatives {
            let mut wanted: Vec<Term<Part>> = Vec::new();
            for Term { negated, parts } in terms {
                let parts: Vec<Part> = parts
                    .iter()
                    .zip(lexed.by_ref().take(parts.len()).collect::<Vec<_>>())
                    .filter(|(_, lexed)| !lexed.phrase.is_empty())
                    .map(|(piece, lexed)| Part::new(lexed, piece.unfinished))
                    .collect();
                if !parts.is_empty() {
                    wanted.push(Term { negated: *negated, parts });
                }
            }
            if wanted.iter().any(|term| !term.negated) {
                alternatives.push(wanted);
            }
        }
        Query::new(alternatives)
    }
}

/// What `word`, or a quoted phrase, asks for.
fn pieces(word: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (unspaced, stretch) in stretches(word) {
        if !unspaced {
            // As `search_text` in the database.
            let text = stretch.replace(|c: char| c.is_ascii_punctuation(), " ").trim().to_owned();
            if !text.is_empty() {
                pieces.push(Piece { text, unfinished: false });
            }
            continue;
        }
        let chars: Vec<char> = stretch.chars().collect();
        let pairs = chars.windows(chars.len().min(2));
        pieces.extend(pairs.map(|pair| Piece { text: pair.iter().collect(), unfinished: false }));
    }
    pieces
}

/// A text in stretches of scripts with and without spaces between words; true is without.
pub fn stretches(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let unspaced = is_unspaced(rest.chars().next()?);
        let end = rest.find(|c| is_unspaced(c) != unspaced).unwrap_or(rest.len());
        let stretch;
        (stretch, rest) = rest.split_at(end);
        Some((unspaced, stretch))
    })
}

/// Whether a character is of a script that has no spaces between words: Thai, Lao, Burmese, Khmer,
/// Chinese, Japanese. `search_text` in the database has the same ranges.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{2E80}'..='\u{2FFF}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{312F}'
        | '\u{3190}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9F}'
        | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::{super::query::quoted, *};

    /// As if each word were its own lexeme, and `the` a stop word.
    fn query(text: &str) -> Option<Query> {
        let keyword = Keyword::parse(text);
        let lexed = keyword.pieces().into_iter().map(|piece| {
            let lexemes: Vec<_> =
                piece.split_whitespace().filter(|word| *word != "the").map(str::to_owned).collect();
            let quoted: Vec<_> = lexemes.iter().map(|word| quoted(word)).collect();
            Lexed { phrase: quoted.join(" <-> "), written: lexemes.clone(), lexemes }
        });
        keyword.lexed(lexed.collect())
    }

    #[test]
    fn words_phrases_negation_and_or_are_understood() {
        let plain = |text| query(text).unwrap().plain().replace(['(', ')'], "");
        assert_eq!(plain("rust tutor"), "'rust' & 'tutor'");
        assert_eq!(plain("\"code review\" -java"), "'code' <-> 'review' & !'java'");
        assert_eq!(plain("rust or go the"), "'rust' | 'go'");
        assert_eq!(plain("node.js"), "'node' <-> 'js'");
        assert_eq!(plain("or rust OR"), "'rust'");
        assert_eq!(plain("GPT写作助手 好"), "'GPT' & '写作' & '作助' & '助手' & '好'");
        assert_eq!(query("\"a b\" -\"c d\"").unwrap().loose(), "((('a' & 'b')))");
        for nothing in ["the", "-rust", "\"", "-", "--", "\"\"", "!&|():*<->'\\", "or", "-\"a"] {
            assert!(query(nothing).is_none(), "{nothing}");
        }
    }

    #[test]
    fn only_the_last_bare_word_may_be_unfinished() {
        let unfinished = |text: &str| {
            let mut query = query(text).unwrap();
            query.words().filter(|part| part.unfinished).count()
        };
        assert_eq!(unfinished("rust tut"), 1);
        assert_eq!(unfinished("rust \"tut\""), 0);
        assert_eq!(unfinished("rust -tut"), 0);
    }
}
