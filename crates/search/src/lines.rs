//! Tokenizers for texts that the chain has prepared, of a term in each line.

use tantivy::{
    Index,
    tokenizer::{Token, TokenStream, Tokenizer},
};

/// Names a tokenizer of lines that begin with a frequency, as often as which their term is repeated.
pub const REPEATED: &str = "repeated";
/// Names a tokenizer of lines; an empty one keeps the terms beside it apart.
pub const POSITIONS: &str = "positions";

/// How many positions lie between terms with an empty line between them.
const GAP: usize = 100;

/// Lets an index use the tokenizers.
pub fn register(index: &Index) {
    index.tokenizers().register(REPEATED, Lines { repeated: true });
    index.tokenizers().register(POSITIONS, Lines { repeated: false });
}

/// Writes a line for [`REPEATED`].
pub fn push_repeated(lines: &mut String, frequency: u8, term: &str) {
    lines.push(char::from(b'0' + frequency));
    push(lines, term);
}

/// Writes a line for [`POSITIONS`].
pub fn push(lines: &mut String, term: &str) {
    lines.push_str(term);
    lines.push('\n');
}

#[derive(Clone)]
struct Lines {
    repeated: bool,
}

struct Terms<'t> {
    rest: &'t str,
    repeated: bool,
    token: Token,
    /// How often the token is still to be repeated.
    left: u8,
    position: usize,
}

impl Tokenizer for Lines {
    type TokenStream<'t> = Terms<'t>;

    fn token_stream<'t>(&'t mut self, text: &'t str) -> Terms<'t> {
        Terms { rest: text, repeated: self.repeated, token: Token::default(), left: 0, position: 0 }
    }
}

impl Terms<'_> {
    /// Reads a line; returns whether there was one.
    fn read(&mut self) -> bool {
        while let Some((line, rest)) = self.rest.split_once('\n') {
            self.rest = rest;
            if line.is_empty() {
                self.position += GAP;
                continue;
            }
            let term = match line.as_bytes().first() {
                Some(frequency) if self.repeated => {
                    self.left = frequency.saturating_sub(b'0').saturating_sub(1);
                    &line[1..]
                }
                _ => line,
            };
            self.token.text.clear();
            self.token.text.push_str(term);
            self.token.position = self.position;
            self.position += 1;
            return true;
        }
        false
    }
}

impl TokenStream for Terms<'_> {
    fn advance(&mut self) -> bool {
        if self.left == 0 {
            return self.read();
        }
        self.left -= 1;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
