//! A search in lexemes, and its `tsquery`s.

/// Parts that must all match, or must not if negated.
#[derive(Debug)]
pub(super) struct Term<P> {
    pub(super) negated: bool,
    pub(super) parts: Vec<P>,
}

/// A phrase that Postgres turned into lexemes.
#[derive(Debug)]
pub struct LexedPhrase {
    /// The `tsquery` of the phrase; empty when it has only stop words.
    pub phrase: String,
    pub lexemes: Vec<String>,
    /// The words, not stemmed.
    pub written: Vec<String>,
}

/// A word in use among the listed prompts.
#[derive(Debug)]
pub struct Word {
    pub written: String,
    pub lexeme: String,
}

/// A search in lexemes.
#[derive(Debug)]
pub struct SearchQuery {
    alternatives: Vec<Vec<Term<WordMatch>>>,
}

/// A word or phrase in lexemes, and the other words that match it.
#[derive(Debug)]
pub struct WordMatch {
    lexed: LexedPhrase,
    pub unfinished: bool,
    /// Lexemes of other words that match as well: completions and corrections.
    expansions: Vec<String>,
}

/// The strictness of a `tsquery`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// Matches only the words as they were given.
    Exact,
    /// Matches expansions as well.
    Expanded,
    /// Matches expansions, and phrases whose words are apart: an index does not know positions.
    Index,
}

impl SearchQuery {
    /// Makes a query; `None` when there is nothing to look for.
    pub(super) fn new(alternatives: Vec<Vec<Term<WordMatch>>>) -> Option<Self> {
        (!alternatives.is_empty()).then_some(Self { alternatives })
    }

    /// Returns the `tsquery` of the words as they were given.
    pub fn exact_tsquery(&self) -> String {
        self.to_tsquery(Strictness::Exact)
    }

    /// Returns the `tsquery` of the words and their expansions.
    pub fn expanded_tsquery(&self) -> String {
        self.to_tsquery(Strictness::Expanded)
    }

    /// Returns a `tsquery` that an index answers alone, and that finds a little more.
    pub fn index_tsquery(&self) -> String {
        self.to_tsquery(Strictness::Index)
    }

    fn to_tsquery(&self, strictness: Strictness) -> String {
        let alternatives = self.alternatives.iter().map(|terms| {
            let terms: Vec<_> =
                terms.iter().filter_map(|term| term.to_tsquery(strictness)).collect();
            format!("({})", terms.join(" & "))
        });
        alternatives.collect::<Vec<_>>().join(" | ")
    }

    /// Returns the single words that must match.
    pub fn words(&mut self) -> impl Iterator<Item = &mut WordMatch> {
        let terms = self.alternatives.iter_mut().flatten().filter(|term| !term.negated);
        terms.flat_map(|term| &mut term.parts).filter(|part| part.word().is_some())
    }

    /// Returns the lexemes that a matching text may have.
    pub fn lexemes(&self) -> Vec<String> {
        let terms = self.alternatives.iter().flatten().filter(|term| !term.negated);
        terms
            .flat_map(|term| &term.parts)
            .flat_map(|part| part.lexed.lexemes.iter().chain(&part.expansions).cloned())
            .collect()
    }
}

impl Term<WordMatch> {
    fn to_tsquery(&self, strictness: Strictness) -> Option<String> {
        let parts: Vec<_> = self.parts.iter().map(|part| part.to_tsquery(strictness)).collect();
        let parts = parts.join(" & ");
        match (self.negated, strictness) {
            (false, _) => Some(format!("({parts})")),
            // The words may occur, only not side by side.
            (true, Strictness::Index) if self.parts.iter().any(|part| part.word().is_none()) => {
                None
            }
            (true, _) => Some(format!("!({parts})")),
        }
    }
}

impl WordMatch {
    pub(super) fn new(lexed: LexedPhrase, unfinished: bool) -> Self {
        Self { lexed, unfinished, expansions: Vec::new() }
    }

    /// Returns a single word, as it was written, and its lexeme; `None` for a phrase.
    pub fn word(&self) -> Option<(&str, &str)> {
        match (self.lexed.written.as_slice(), self.lexed.lexemes.as_slice()) {
            ([word], [lexeme]) => Some((word, lexeme)),
            _ => None,
        }
    }

    /// Returns the `tsquery` of the word or phrase as it was given.
    pub fn phrase(&self) -> &str {
        &self.lexed.phrase
    }

    /// Lets other words match as well.
    pub fn expand(&mut self, lexemes: impl Iterator<Item = String>) {
        for lexeme in lexemes {
            if !self.expansions.contains(&lexeme) && !self.lexed.lexemes.contains(&lexeme) {
                self.expansions.push(lexeme);
            }
        }
    }

    fn to_tsquery(&self, strictness: Strictness) -> String {
        let mut text = match strictness {
            Strictness::Index => {
                let lexemes: Vec<_> = self.lexed.lexemes.iter().map(|word| quoted(word)).collect();
                lexemes.join(" & ")
            }
            Strictness::Exact | Strictness::Expanded => self.lexed.phrase.clone(),
        };
        if strictness != Strictness::Exact {
            for other in &self.expansions {
                text.push_str(" | ");
                text.push_str(&quoted(other));
            }
        }
        format!("({text})")
    }
}

/// Quotes a lexeme for a `tsquery`.
pub(super) fn quoted(lexeme: &str) -> String {
    format!("'{}'", lexeme.replace('\\', r"\\").replace('\'', "''"))
}
