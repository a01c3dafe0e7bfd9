//! The differences between two texts, line by line.

use std::{fmt::Write, time::Duration};

use similar::{ChangeTag, DiffOp, TextDiff};

/// Lines shown around a change, as `diff -u` shows them.
const CONTEXT: usize = 3;

/// The deadline of the search for the shortest diff. A diff that is not found by then is completed:
/// correct, but longer than necessary. Two texts of 100,000 different lines would take minutes.
const SEARCH_DEADLINE: Duration = Duration::from_millis(300);

/// A run of changed lines and the lines around it.
#[derive(Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The number of the first line, from 1.
    pub old_start: usize,
    pub old_lines: usize,
    pub new_start: usize,
    pub new_lines: usize,
    /// The lines, each after `-`, `+` or a space, without line breaks.
    pub lines: Vec<String>,
}

/// The line after one that ends without a line break, as in `diff -u`.
const NO_NEWLINE: &str = r"\ No newline at end of file";

/// Returns the differences between two texts; none when they are equal. Takes up to
/// [`SEARCH_DEADLINE`].
pub fn diff_hunks(old: &str, new: &str) -> Vec<Hunk> {
    // Lines end where `diff` and `patch` end them, and not at a lone carriage return.
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let diff = TextDiff::configure().timeout(SEARCH_DEADLINE).diff_slices(&old, &new);
    diff.grouped_ops(CONTEXT).iter().filter_map(|ops| hunk(&diff, ops)).collect()
}

fn hunk(diff: &TextDiff<'_, '_, str>, ops: &[DiffOp]) -> Option<Hunk> {
    let (first, last) = (ops.first()?, ops.last()?);
    let (old, new) = (first.old_range(), first.new_range());
    let mut lines = Vec::new();
    for change in ops.iter().flat_map(|op| diff.iter_changes(op)) {
        let sign = match change.tag() {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        match change.value().strip_suffix('\n') {
            Some(line) => lines.push(format!("{sign}{line}")),
            None => lines.extend([format!("{sign}{}", change.value()), NO_NEWLINE.to_owned()]),
        }
    }
    Some(Hunk {
        old_start: old.start + 1,
        old_lines: last.old_range().end - old.start,
        new_start: new.start + 1,
        new_lines: last.new_range().end - new.start,
        lines,
    })
}

/// Formats hunks as one text, which `patch` understands; empty when there are none.
pub fn unified_diff(old_name: &str, new_name: &str, hunks: &[Hunk]) -> String {
    let mut text = String::new();
    if !hunks.is_empty() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "--- {old_name}\n+++ {new_name}");
    }
    for hunk in hunks {
        let Hunk { old_start, old_lines, new_start, new_lines, lines } = hunk;
        let _ = writeln!(text, "@@ -{old_start},{old_lines} +{new_start},{new_lines} @@");
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_changed_line_is_shown_with_three_lines_around_it() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let hunks = diff_hunks(old, &old.replace('5', "five"));
        assert_eq!(
            unified_diff("version 1", "version 2", &hunks),
            "--- version 1\n+++ version 2\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
        );
    }

    #[test]
    fn a_missing_last_line_break_is_told() {
        let hunks = diff_hunks("a\nb", "a\nb\n");
        assert_eq!(hunks[0].lines, [" a", "-b", NO_NEWLINE, "+b"]);
        assert_eq!((hunks[0].old_lines, hunks[0].new_lines), (2, 2));
    }

    #[test]
    fn equal_texts_have_no_hunks() {
        assert_eq!(diff_hunks("a\nb", "a\nb"), []);
        assert_eq!(unified_diff("a", "b", &[]), "");
    }

    #[test]
    fn distant_changes_are_hunks_of_their_own() {
        let old: String = (0..100).map(|i| format!("line {i}\n")).collect();
        let new = old.replace("line 10\n", "").replace("line 90\n", "line ninety\nand more\n");
        let hunks = diff_hunks(&old, &new);
        let places: Vec<_> =
            hunks.iter().map(|h| (h.old_start, h.old_lines, h.new_start, h.new_lines)).collect();
        assert_eq!(places, [(8, 7, 8, 6), (88, 7, 87, 8)]);
    }

    /// Pairs of texts of 100,000 characters that leave the search the least to hold on to.
    fn hostile_pairs() -> Vec<(&'static str, String, String)> {
        const CHARS: usize = 100_000;
        let cut = |lines: &mut dyn Iterator<Item = String>| -> String {
            let text: String = lines.take(CHARS / 2).collect();
            text[..text.len().min(CHARS)].to_owned()
        };
        // Every line is short and in both, in an order that gives no anchor.
        let random = |seed: u32, letters: u32| {
            let mut state = seed;
            let mut line = move || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                format!("{}\n", char::from(b'a' + ((state >> 16) % letters) as u8))
            };
            cut(&mut std::iter::repeat_with(&mut line))
        };
        let numbered = |from: usize| cut(&mut (from..).map(|n| format!("{n}\n")));
        let periodic = |period: usize| {
            cut(&mut (0..)
                .map(|n: usize| if n.is_multiple_of(period) { "a\n" } else { "b\n" }.to_owned()))
        };
        let reversed = |text: &str| text.split_inclusive('\n').rev().collect::<String>();
        let empty = "\n".repeat(CHARS);
        vec![
            ("two letters", random(1, 2), random(2, 2)),
            ("many letters", random(1, 26), random(2, 26)),
            ("no common line", numbered(0), numbered(1_000_000)),
            ("reversed", numbered(0), reversed(&numbered(0))),
            ("periodic", periodic(7), periodic(11)),
            ("equal lines, fewer", empty.clone(), "\n".repeat(CHARS / 2)),
            ("equal lines, and others", empty.clone(), random(1, 2)),
            ("empty lines between", empty, numbered(0).replace('\n', "\n\n")),
            ("one line", "x".repeat(CHARS), "y".repeat(CHARS)),
            ("equal", random(1, 2), random(1, 2)),
        ]
    }

    #[test]
    fn the_longest_and_least_alike_texts_take_bounded_time() {
        for (name, old, new) in hostile_pairs() {
            let started = Instant::now();
            let hunks = diff_hunks(&old, &new);
            assert_eq!(hunks.is_empty(), old == new, "{name}");
            unified_diff("1", "2", &hunks);
            // Unoptimised, and on a busy machine; without the deadline some would be minutes.
            assert!(started.elapsed() < Duration::from_secs(10), "{name}: {:?}", started.elapsed());
        }
    }
}
