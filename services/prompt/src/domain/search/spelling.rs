//! Misspelt words.

/// Returns whether a word has enough letters to distinguish a typo from another word; the table of words
/// in use has no shorter ones.
pub fn is_long_enough_to_correct(word: &str) -> bool {
    word.chars().nth(3).is_some()
}

/// Counts the typos in `written` if `intended` was intended: at most one, or two in a long word; `None`
/// when there are more. A typo is a letter too many, too few or wrong, or two that changed places.
pub fn typo_distance(written: &str, intended: &str) -> Option<usize> {
    let written: Vec<char> = written.chars().collect();
    let allowed = if written.len() < 8 { 1 } else { 2 };
    let intended: Vec<char> = intended.chars().collect();
    if written.len().abs_diff(intended.len()) > allowed {
        return None;
    }
    // Optimal string alignment; a row is the distances of all beginnings of `intended` to one beginning
    // of `written`.
    let mut before = Vec::new();
    let mut row: Vec<usize> = (0..=intended.len()).collect();
    for (i, a) in written.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in intended.iter().enumerate() {
            let mut best = (row[j] + usize::from(a != b)).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && written[i - 1] == *b && intended[j - 1] == *a {
                let before: &Vec<usize> = &before;
                best = best.min(before[j - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().filter(|typos| *typos <= allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_forgiven_in_a_word_of_some_length_and_two_in_a_long_one() {
        assert_eq!(typo_distance("pyhton", "python"), Some(1));
        assert_eq!(typo_distance("pythn", "python"), Some(1));
        assert_eq!(typo_distance("program", "program"), Some(0));
        assert_eq!(typo_distance("progrmming", "programming"), Some(1));
        assert_eq!(typo_distance("kuberntees", "kubernetes"), Some(1));
        assert_eq!(typo_distance("kubrnetse", "kubernetes"), Some(2));
        assert_eq!(typo_distance("rust", "trust"), Some(1));
        assert_eq!(typo_distance("rust", "trusty"), None);
        assert!(is_long_enough_to_correct("rust") && !is_long_enough_to_correct("car"));
    }
}
