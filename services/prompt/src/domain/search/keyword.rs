//! Parsing a keyword.

use super::{
    query::{LexedPhrase, SearchQuery, Term, WordMatch},
    script_runs,
};

/// A parsed keyword.
#[derive(Debug)]
pub struct Keyword {
    /// Lists of terms: all terms of one list must match.
    alternatives: Vec<Vec<Term<Piece>>>,
    /// Runs of scripts without spaces, for highlighting.
    pub unspaced_runs: Vec<String>,
}

/// Words side by side, or a pair of characters of a script without spaces.
#[derive(Debug)]
struct Piece {
    text: String,
    /// Whether it is the last word of all, which the user may still be typing.
    unfinished: bool,
}

impl Keyword {
    /// Parses a keyword; every text is one.
    pub fn parse(text: &str) -> Self {
        let mut keyword = Self { alternatives: vec![Vec::new()], unspaced_runs: Vec::new() };
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
                let unspaced = script_runs(word).filter(|(unspaced, _)| *unspaced);
                keyword.unspaced_runs.extend(unspaced.map(|(_, run)| run.to_owned()));
            }
            if let (false, Some(terms)) = (parts.is_empty(), keyword.alternatives.last_mut()) {
                terms.push(Term { negated, parts });
            }
        }
        keyword
    }

    /// Returns the texts that Postgres must turn into lexemes, in order.
    pub fn pieces(&self) -> Vec<String> {
        let terms = self.alternatives.iter().flatten();
        terms.flat_map(|term| &term.parts).map(|piece| piece.text.clone()).collect()
    }

    /// Makes a query from the lexemes of each of [`Keyword::pieces`]. Leaves out stop words, and then
    /// lists of terms that are empty or only negated; `None` when none are left.
    pub fn to_query(&self, lexed: Vec<LexedPhrase>) -> Option<SearchQuery> {
        let mut lexed = lexed.into_iter();
        let mut alternatives = Vec::new();
        for terms in &self.alternatives {
            let mut lexed_terms: Vec<Term<WordMatch>> = Vec::new();
            for Term { negated, parts } in terms {
                let parts: Vec<WordMatch> = parts
                    .iter()
                    .zip(lexed.by_ref().take(parts.len()).collect::<Vec<_>>())
                    .filter(|(_, lexed)| !lexed.phrase.is_empty())
                    .map(|(piece, lexed)| WordMatch::new(lexed, piece.unfinished))
                    .collect();
                if !parts.is_empty() {
                    lexed_terms.push(Term { negated: *negated, parts });
                }
            }
            if lexed_terms.iter().any(|term| !term.negated) {
                alternatives.push(lexed_terms);
            }
        }
        SearchQuery::new(alternatives)
    }
}

/// Splits a word or a quoted phrase into pieces.
fn pieces(word: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (unspaced, run) in script_runs(word) {
        if !unspaced {
            // As `search_text` in the database.
            let text = run.replace(|c: char| c.is_ascii_punctuation(), " ").trim().to_owned();
            if !text.is_empty() {
                pieces.push(Piece { text, unfinished: false });
            }
            continue;
        }
        let chars: Vec<char> = run.chars().collect();
        let pairs = chars.windows(chars.len().min(2));
        pieces.extend(pairs.map(|pair| Piece { text: pair.iter().collect(), unfinished: false }));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::{super::query::quoted, *};

    /// Makes a query as if each word were its own lexeme, and `the` a stop word.
    fn query(text: &str) -> Option<SearchQuery> {
        let keyword = Keyword::parse(text);
        let lexed = keyword.pieces().into_iter().map(|piece| {
            let lexemes: Vec<_> =
                piece.split_whitespace().filter(|word| *word != "the").map(str::to_owned).collect();
            let quoted: Vec<_> = lexemes.iter().map(|word| quoted(word)).collect();
            LexedPhrase { phrase: quoted.join(" <-> "), written: lexemes.clone(), lexemes }
        });
        keyword.to_query(lexed.collect())
    }

    #[test]
    fn words_phrases_negation_and_or_are_understood() {
        let plain = |text| query(text).unwrap().exact_tsquery().replace(['(', ')'], "");
        assert_eq!(plain("rust tutor"), "'rust' & 'tutor'");
        assert_eq!(plain("\"code review\" -java"), "'code' <-> 'review' & !'java'");
        assert_eq!(plain("rust or go the"), "'rust' | 'go'");
        assert_eq!(plain("node.js"), "'node' <-> 'js'");
        assert_eq!(plain("or rust OR"), "'rust'");
        assert_eq!(plain("GPT写作助手 好"), "'GPT' & '写作' & '作助' & '助手' & '好'");
        assert_eq!(query("\"a b\" -\"c d\"").unwrap().index_tsquery(), "((('a' & 'b')))");
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
