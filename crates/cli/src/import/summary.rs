//! What came of each row.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{placeholders::Change, rows::Place};

#[derive(Debug)]
pub enum Outcome {
    Imported,
    /// There already.
    Skipped,
    /// Never acceptable as it is, and why.
    Refused(String),
    /// Might have been accepted at another time, and why not now.
    Failed(String),
}

#[derive(Default)]
pub struct Summary {
    imported: u64,
    skipped: u64,
    refused: Reasons,
    failed: Reasons,
    renamed: Lines,
    escaped: Lines,
}

type Reasons = BTreeMap<String, Vec<Place>>;

/// By the line of the file.
type Lines = BTreeSet<(u64, String)>;

impl Summary {
    pub fn note(&mut self, place: Place, outcome: Outcome) {
        match outcome {
            Outcome::Imported => self.imported += 1,
            Outcome::Skipped => self.skipped += 1,
            Outcome::Refused(reason) => self.refused.entry(reason).or_default().push(place),
            Outcome::Failed(reason) => self.failed.entry(reason).or_default().push(place),
        }
    }

    /// Notes what is not in an imported prompt as it was in the file.
    pub fn note_change(&mut self, place: &Place, change: &Change) {
        let title = &place.title;
        match change {
            Change::Renamed { from, to } => {
                self.renamed.insert((place.line, format!("{title}: ${{{from}}} is {{{{{to}}}}}")));
            }
            Change::Escaped(name) => {
                self.escaped.insert((place.line, format!("{title}: {{{{{name}}}}}")));
            }
        }
    }

    /// Whether running it again may bring in more.
    pub fn failed(&self) -> bool {
        !self.failed.is_empty()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "imported {}", self.imported)?;
        writeln!(f, "skipped  {} (already there)", self.skipped)?;
        write!(f, "refused  {}", count(&self.refused))?;
        list(f, &self.refused)?;
        if self.failed() {
            write!(f, "\nfailed   {}", count(&self.failed))?;
            list(f, &self.failed)?;
        }
        let renamed = "renamed  {} (a placeholder's name has letters, digits, _, -, . and spaces)";
        list_changes(f, renamed, &self.renamed)?;
        let escaped = "escaped  {} (text in this file, which marks placeholders with ${…})";
        list_changes(f, escaped, &self.escaped)
    }
}

fn list_changes(f: &mut fmt::Formatter<'_>, title: &str, lines: &Lines) -> fmt::Result {
    if !lines.is_empty() {
        write!(f, "\n{}", title.replace("{}", &lines.len().to_string()))?;
    }
    lines.iter().try_for_each(|(line, what)| write!(f, "\n  line {line}: {what}"))
}

fn count(reasons: &Reasons) -> usize {
    reasons.values().map(Vec::len).sum()
}

fn list(f: &mut fmt::Formatter<'_>, reasons: &Reasons) -> fmt::Result {
    for (reason, places) in reasons {
        write!(f, "\n  {} × {reason}", places.len())?;
        // Answers come back in any order.
        let mut places: Vec<&Place> = places.iter().collect();
        places.sort_unstable_by_key(|place| place.line);
        for Place { line, title } in places {
            write!(f, "\n    line {line}: {title}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_counted_by_reason_and_named_in_order() {
        let place = |line| Place { line, title: format!("t{line}") };
        let mut summary = Summary::default();
        summary.note(place(2), Outcome::Imported);
        for line in [9, 4] {
            summary.note(place(line), Outcome::Refused("content: too short".to_owned()));
        }
        let renamed = |n| Change::Renamed { from: format!("a/{n}"), to: format!("a {n}") };
        summary.note_change(&place(7), &renamed(1));
        summary.note_change(&place(2), &renamed(2));
        summary.note_change(&place(3), &Change::Escaped("b".to_owned()));
        assert!(!summary.failed());
        assert_eq!(
            summary.to_string(),
            "imported 1\nskipped  0 (already there)\nrefused  2\n  2 × content: too short\n    \
             line 4: t4\n    line 9: t9\n\
             renamed  2 (a placeholder's name has letters, digits, _, -, . and spaces)\n  \
             line 2: t2: ${a/2} is {{a 2}}\n  line 7: t7: ${a/1} is {{a 1}}\n\
             escaped  1 (text in this file, which marks placeholders with ${…})\n  \
             line 3: t3: {{b}}"
        );
    }
}
