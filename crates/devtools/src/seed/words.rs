//! The words that generated prompts are made of, from the text files beside this module. Each list
//! is in the order of how often its words are used; see [`super::text`] for how they are put together.

use std::sync::LazyLock;

/// A list of words, one on each line of its file.
type List = LazyLock<Vec<&'static str>>;

macro_rules! list {
    ($file:literal) => {
        LazyLock::new(|| include_str!($file).lines().collect())
    };
}

/// Prefixes that make another English word of a longer one, rarer than all in the list.
pub static PREFIXES: List = list!("words/prefixes.txt");
/// Parts of names: three of them make one, and most names are used in very few prompts.
pub static SYLLABLES: List = list!("words/syllables.txt");
pub static ROLES: List = list!("words/roles.txt");
pub static CATEGORIES: List = list!("words/categories.txt");
pub static TAGS: List = list!("words/tags.txt");
pub static MODELS: List = list!("words/models.txt");
/// Texts that say what a version changed.
pub static CHANGES: List = list!("words/changes.txt");
pub static FIRST_NAMES: List = list!("words/first_names.txt");
pub static LAST_NAMES: List = list!("words/last_names.txt");

/// A language, as far as making text that looks like it needs.
pub struct Language {
    /// The share of prompts in this language, in thousandths.
    pub per_mille: u16,
    /// The text between words.
    pub space: &'static str,
    /// The end of a sentence, with the space after it.
    pub stop: &'static str,
    /// First sentences of prompts; `@` stands for a role.
    pub openers: Vec<&'static str>,
    /// Names of placeholders.
    pub variables: Vec<&'static str>,
    /// Words, the most used first.
    pub words: Vec<&'static str>,
}

impl Language {
    /// Reads the file of a language, which has three lists, each under its title.
    fn new(per_mille: u16, space: &'static str, stop: &'static str, file: &'static str) -> Self {
        let list = |title: &str| {
            let after = file.lines().skip_while(|line| *line != title).skip(1);
            after.take_while(|line| !line.starts_with('#')).collect()
        };
        let (openers, variables, words) = (list("# openers"), list("# variables"), list("# words"));
        Self { per_mille, space, stop, openers, variables, words }
    }
}

macro_rules! language {
    ($per_mille:literal, $space:literal, $stop:literal, $name:literal) => {
        Language::new(
            $per_mille,
            $space,
            $stop,
            include_str!(concat!("words/languages/", $name, ".txt")),
        )
    };
}

/// The languages of prompts. The first has more words than its list: see [`PREFIXES`] and
/// [`SYLLABLES`].
pub static LANGUAGES: LazyLock<[Language; 11]> = LazyLock::new(|| {
    [
        language!(720, " ", ". ", "english"),
        language!(45, " ", ". ", "spanish"),
        language!(35, " ", ". ", "german"),
        language!(35, " ", ". ", "french"),
        language!(30, " ", ". ", "portuguese"),
        language!(40, " ", ". ", "russian"),
        language!(40, "", "。", "chinese"),
        language!(20, "", "。", "japanese"),
        language!(15, " ", ". ", "arabic"),
        language!(10, " ", "। ", "hindi"),
        language!(10, " ", ". ", "greek"),
    ]
});
