//! Misspelt words.

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
