//! Words to search for, taken from the prompts of the database.

use std::collections::{HashMap, HashSet};

/// Words by how many prompts have them.
pub struct Words {
    pub common: Vec<String>,
    /// Words in one prompt of the sample, and so in few of all.
    pub rare: Vec<String>,
    pub misspelt: Vec<String>,
    /// Pairs of a common and a rare word.
    pub pairs: Vec<String>,
}

impl Words {
    /// Takes words from titles and contents.
    pub fn from_prompts<'a>(prompts: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut prompts_with: HashMap<String, usize> = HashMap::new();
        let mut in_titles: HashMap<String, usize> = HashMap::new();
        for (title, content) in prompts {
            for word in words(&format!("{title} {content}")) {
                *prompts_with.entry(word).or_default() += 1;
            }
            for word in words(title) {
                *in_titles.entry(word).or_default() += 1;
            }
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
        let common = texts(&all[..all.len().min(20)]);
        let rare: Vec<_> = all.iter().filter(|(_, count)| *count == 1).cloned().collect();
        let rare = texts(&rare[..rare.len().min(500)]);
        let misspelt = titles
            .iter()
            .filter(|(word, _)| word.len() >= 7 && word.is_ascii())
            .take(100)
            .map(|(word, _)| misspell(word))
            .collect();
        let pairs = common.iter().cycle().zip(&rare);
        let pairs = pairs.map(|(one, other)| format!("{one} {other}")).take(200).collect();
        Self { common, rare, misspelt, pairs }
    }
}

/// Returns the distinct words of at least five characters, in lower case.
fn words(text: &str) -> HashSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= 5)
        .map(str::to_lowercase)
        .collect()
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
    }
}
