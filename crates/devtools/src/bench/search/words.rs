//! Words to search for, taken from the prompts of the database.

use std::collections::{HashMap, HashSet};

/// The words of each kind. No search is asked for twice within the life of a cached page.
const DISTINCT: usize = 400;

/// Words by how many prompts have them.
pub struct Words {
    pub common: Vec<String>,
    /// Words in one prompt of the sample, and so in few of all.
    pub rare: Vec<String>,
    pub misspelt: Vec<String>,
    /// The beginnings of words of titles.
    pub unfinished: Vec<String>,
    /// Pairs of a common and a rare word.
    pub pairs: Vec<String>,
    /// Two words as they follow each other in a content, in quotes.
    pub phrases: Vec<String>,
    /// Runs of Japanese letters.
    pub japanese: Vec<String>,
}

impl Words {
    /// Takes words from titles and contents.
    pub fn from_prompts<'a>(prompts: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut prompts_with: HashMap<String, usize> = HashMap::new();
        let mut in_titles: HashMap<String, usize> = HashMap::new();
        let (mut phrases, mut japanese) = (Vec::new(), Vec::new());
        for (title, content) in prompts {
            for word in words(&format!("{title} {content}")) {
                *prompts_with.entry(word).or_default() += 1;
            }
            for word in words(title) {
                *in_titles.entry(word).or_default() += 1;
            }
            phrases.extend(phrase(content));
            japanese.extend(japanese_run(content));
        }
        let by_count = |counts: HashMap<String, usize>| {
            let mut words: Vec<_> = counts.into_iter().collect();
            words.sort_unstable_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
            words
        };
        let all = by_count(prompts_with);
        let titles = by_count(in_titles);
        let texts = |words: &[(String, usize)]| -> Vec<String> {
            words.iter().map(|(word, _)| word.clone()).collect()
        };
        let common = texts(&all[..all.len().min(DISTINCT)]);
        let rare: Vec<_> = all.iter().filter(|(_, count)| *count == 1).cloned().collect();
        let rare = texts(&rare[..rare.len().min(DISTINCT)]);
        let long: Vec<_> = titles
            .iter()
            .map(|(word, _)| word)
            .filter(|word| word.len() >= 7 && word.is_ascii())
            .take(DISTINCT)
            .collect();
        let misspelt = long.iter().map(|word| misspell(word)).collect();
        let unfinished = long.iter().zip([3, 4, 5].into_iter().cycle());
        let unfinished = unfinished.map(|(word, letters)| word[..letters].to_owned()).collect();
        phrases.truncate(DISTINCT);
        japanese.truncate(DISTINCT);
        let pairs = common.iter().cycle().zip(&rare);
        let pairs = pairs.map(|(one, other)| format!("{one} {other}")).take(DISTINCT).collect();
        Self { common, rare, misspelt, unfinished, pairs, phrases, japanese }
    }
}

/// Returns the distinct words of at least five characters, in lower case.
fn words(text: &str) -> HashSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= 5)
        .map(str::to_lowercase)
        .collect()
}

/// Returns two words in the middle of a text, in quotes.
fn phrase(text: &str) -> Option<String> {
    let words: Vec<_> = text.split(' ').collect();
    let pairs = words[words.len() / 2..].windows(2);
    let is_word = |word: &&str| word.len() >= 3 && word.chars().all(char::is_alphabetic);
    let mut pairs = pairs.filter(|pair| pair.iter().all(is_word));
    pairs.next().map(|pair| format!("\"{}\"", pair.join(" ")))
}

/// Returns the three letters of the first run of kanji and hiragana that begins with kanji.
fn japanese_run(text: &str) -> Option<String> {
    let is_kana = |c: char| ('\u{3041}'..='\u{3096}').contains(&c);
    let is_kanji = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let letters: Vec<char> = text.chars().collect();
    let mut runs = letters.windows(3);
    let run = runs.find(|run| is_kanji(run[0]) && is_kanji(run[1]) && is_kana(run[2]));
    run.map(|run| run.iter().collect())
}

/// Swaps two letters in the middle.
fn misspell(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let middle = letters.len() / 2;
    letters.swap(middle - 1, middle);
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart_by_how_many_prompts_have_them() {
        let words = Words::from_prompts(
            [("Reviewer", "Please answer, please"), ("Reviewer", "please think of zebras")]
                .into_iter(),
        );
        assert_eq!(words.common[..2], ["please", "reviewer"]);
        assert_eq!(words.rare, ["answer", "think", "zebras"]);
        assert_eq!(words.misspelt, ["reveiwer"]);
        assert_eq!(words.unfinished, ["rev"]);
    }

    #[test]
    fn phrases_are_neighbours_and_japanese_is_found_within_a_sentence() {
        let prompts = [("One", "Think of some happy zebras"), ("二", "あなたは経験豊富な先生です")];
        let words = Words::from_prompts(prompts.into_iter());
        assert_eq!(words.phrases, ["\"some happy\""]);
        assert_eq!(words.japanese, ["豊富な"]);
    }
}
