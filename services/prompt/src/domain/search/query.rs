//! A keyword in lexemes, as the `tsquery`s that look for it.

/// What must be there, or must not.
#[derive(Debug)]
pub(super) struct Term<P> {
    pub(super) negated: bool,
    /// All of them.
    pub(super) parts: Vec<P>,
}

/// What Postgres makes of a piece.
#[derive(Debug)]
pub struct Lexed {
    /// As a `tsquery`; empty for what has only stop words.
    pub phrase: String,
    pub lexemes: Vec<String>,
    /// Its words, not stemmed.
    pub written: Vec<String>,
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
    /// Lexemes of other words that do as well: longer ones, or what was perhaps meant.
    others: Vec<String>,
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
    /// `None` when there is nothing to look for.
    pub(super) fn new(alternatives: Vec<Vec<Term<Part>>>) -> Option<Self> {
        (!alternatives.is_empty()).then_some(Self { alternatives })
    }

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
    pub(super) fn new(lexed: Lexed, unfinished: bool) -> Self {
        Self { lexed, unfinished, others: Vec::new() }
    }

    /// A single word, as it was written, and its lexeme.
    pub fn word(&self) -> Option<(&str, &str)> {
        match (self.lexed.written.as_slice(), self.lexed.lexemes.as_slice()) {
            ([word], [lexeme]) => Some((word, lexeme)),
            _ => None,
        }
    }

    /// The word or phrase as it was given, as a `tsquery`.
    pub fn given(&self) -> &str {
        &self.lexed.phrase
    }

    /// Lets it stand for other words too.
    pub fn add(&mut self, lexemes: impl Iterator<Item = String>) {
        for lexeme in lexemes {
            if !self.others.contains(&lexeme) && !self.lexed.lexemes.contains(&lexeme) {
                self.others.push(lexeme);
            }
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
pub(super) fn quoted(lexeme: &str) -> String {
    format!("'{}'", lexeme.replace('\\', r"\\").replace('\'', "''"))
}
