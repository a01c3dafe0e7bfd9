//! What a search is for: the syntax of web search engines, read into terms. Words become lexemes in
//! Postgres, by the same configuration as what is searched.
//!
//! `rust tutor` finds what has both; `"code review"` has them side by side; `-java` must not be there;
//! `rust or go` finds either, and binds weaker than all the rest.

/// A keyword as it was given, taken apart.
#[derive(Debug)]
pub struct Keyword {
    /// Terms of which all must hold; one of these is enough.
    alternatives: Vec<Vec<Term<Piece>>>,
    /// Stretches in scripts without spaces, for highlighting.
    pub runs: Vec<String>,
}

/// What must be there, or must not.
#[derive(Debug)]
struct Term<P> {
    negated: bool,
    /// All of them.
    parts: Vec<P>,
}

/// Words side by side, or a pair of characters of a script without spaces.
#[derive(Debug)]
struct Piece {
    text: String,
    /// The last word of all, to which more letters may come.
    unfinished: bool,
}

/// What Postgres makes of a piece.
#[derive(Debug)]
pub struct Lexed {
    /// As a `tsquery`; empty for what has only stop words.
    pub phrase: String,
    pub lexemes: Vec<String>,
}

/// A keyword in lexemes.
#[derive(Debug)]
pub struct Query {
    alternatives: Vec<Vec<Term<Part>>>,
}

/// A piece in lexemes.
#[derive(Debug)]
pub struct Part {
    lexed: Lexed,
    pub unfinished: bool,
    /// Other words that do as well: longer ones, or what was perhaps meant.
    pub others: Vec<String>,
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
                    .map(|(piece, lexed)| Part {
                        lexed,
                        unfinished: piece.unfinished,
                        others: Vec::new(),
                    })
                    .collect();
                if !parts.is_empty() {
                    wanted.push(Term { negated: *negated, parts });
                }
            }
            if wanted.iter().any(|term| !term.negated) {
                alternatives.push(wanted);
            }
        }
        (!alternatives.is_empty()).then_some(Query { alternatives })
    }
}

/// How strictly a query is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sense {
    /// Nothing but the words as they were given.
    Plain,
    /// Other words do as well.
    Wide,
    /// As wide, without what the index cannot tell: which words are side by side.
    Loose,
}

impl Query {
    /// The words as they were given, as a `tsquery`.
    pub fn plain(&self) -> String {
        self.in_sense(Sense::Plain)
    }

    /// Other words too, as a `tsquery`.
    pub fn wide(&self) -> String {
        self.in_sense(Sense::Wide)
    }

    /// As a `tsquery` that an index answers alone, and that finds a little more.
    pub fn loose(&self) -> String {
        self.in_sense(Sense::Loose)
    }

    fn in_sense(&self, sense: Sense) -> String {
        let alternatives = self.alternatives.iter().map(|terms| {
            let terms: Vec<_> = terms.iter().filter_map(|term| term.in_sense(sense)).collect();
            format!("({})", terms.join(" & "))
        });
        alternatives.collect::<Vec<_>>().join(" | ")
    }

    /// Single words that must be there.
    pub fn words(&mut self) -> impl Iterator<Item = &mut Part> {
        let terms = self.alternatives.iter_mut().flatten().filter(|term| !term.negated);
        terms.flat_map(|term| &mut term.parts).filter(|part| part.word().is_some())
    }

    /// What a text that is found has.
    pub fn lexemes(&self) -> Vec<String> {
        let terms = self.alternatives.iter().flatten().filter(|term| !term.negated);
        terms
            .flat_map(|term| &term.parts)
            .flat_map(|part| part.lexed.lexemes.iter().chain(&part.others).cloned())
            .collect()
    }
}

impl Term<Part> {
    fn in_sense(&self, sense: Sense) -> Option<String> {
        let parts: Vec<_> = self.parts.iter().map(|part| part.in_sense(sense)).collect();
        let parts = parts.join(" & ");
        match (self.negated, sense) {
            (false, _) => Some(format!("({parts})")),
            // The words, but not side by side, may well be there.
            (true, Sense::Loose) if self.parts.iter().any(|part| part.word().is_none()) => None,
            (true, _) => Some(format!("!({parts})")),
        }
    }
}

impl Part {
    /// The lexeme of a single word.
    pub fn word(&self) -> Option<&str> {
        match self.lexed.lexemes.as_slice() {
            [word] => Some(word),
            _ => None,
        }
    }

    fn in_sense(&self, sense: Sense) -> String {
        let mut text = match sense {
            Sense::Loose => {
                let lexemes: Vec<_> = self.lexed.lexemes.iter().map(|word| quoted(word)).collect();
                lexemes.join(" & ")
            }
            Sense::Plain | Sense::Wide => self.lexed.phrase.clone(),
        };
        if sense != Sense::Plain {
            for other in &self.others {
                text.push_str(" | ");
                text.push_str(&quoted(other));
            }
        }
        format!("({text})")
    }
}

/// A lexeme as a `tsquery` has it.
fn quoted(lexeme: &str) -> String {
    format!("'{}'", lexeme.replace('\\', r"\\").replace('\'', "''"))
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

/// Whether a word has enough letters to tell a slip from another word; in the catalog of words there
/// are no shorter ones.
pub fn may_be_misspelt(word: &str) -> bool {
    word.chars().nth(3).is_some()
}

/// How many slips it takes to write `written` for `meant`: at most one, or two in a long word; `None`
/// when it is another word. A slip is a letter too many, too few or wrong, or two that changed places.
pub fn may_mean(written: &str, meant: &str) -> Option<usize> {
    let written: Vec<char> = written.chars().collect();
    let allowed = if written.len() < 8 { 1 } else { 2 };
    let meant: Vec<char> = meant.chars().collect();
    if written.len().abs_diff(meant.len()) > allowed {
        return None;
    }
    // Optimal string alignment; a row is the distances of all beginnings of `meant` to one beginning
    // of `written`.
    let mut before = Vec::new();
    let mut row: Vec<usize> = (0..=meant.len()).collect();
    for (i, a) in written.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in meant.iter().enumerate() {
            let mut best = (row[j] + usize::from(a != b)).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && written[i - 1] == *b && meant[j - 1] == *a {
                let before: &Vec<usize> = &before;
                best = best.min(before[j - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().filter(|slips| *slips <= allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As if each word were its own lexeme, and `the` a stop word.
    fn query(text: &str) -> Option<Query> {
        let keyword = Keyword::parse(text);
        let lexed = keyword.pieces().into_iter().map(|piece| {
            let lexemes: Vec<_> =
                piece.split_whitespace().filter(|word| *word != "the").map(str::to_owned).collect();
            let quoted: Vec<_> = lexemes.iter().map(|word| quoted(word)).collect();
            Lexed { phrase: quoted.join(" <-> "), lexemes }
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

    #[test]
    fn a_slip_is_forgiven_in_a_word_of_some_length_and_two_in_a_long_one() {
        assert_eq!(may_mean("pyhton", "python"), Some(1));
        assert_eq!(may_mean("pythn", "python"), Some(1));
        assert_eq!(may_mean("program", "program"), Some(0));
        assert_eq!(may_mean("progrmming", "programming"), Some(1));
        assert_eq!(may_mean("kuberntees", "kubernetes"), Some(1));
        assert_eq!(may_mean("kubrnetse", "kubernetes"), Some(2));
        assert_eq!(may_mean("rust", "trust"), Some(1));
        assert_eq!(may_mean("rust", "trusty"), None);
        assert!(may_be_misspelt("rust") && !may_be_misspelt("car"));
    }
}
