//! The result of each row, and their summary.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{placeholders::Change, rows::RowLocation};

/// The result of one row.
#[derive(Debug)]
pub enum Outcome {
    Imported,
    /// The user has this prompt already.
    Skipped,
    /// The prompt will never be accepted as it is, for this reason.
    Refused(String),
    /// The prompt may be accepted at another time; the reason why not now.
    Failed(String),
}

/// The numbers of rows by outcome, with their reasons.
#[derive(Default)]
pub struct Summary {
    imported: u64,
    skipped: u64,
    refused: Reasons,
    failed: Reasons,
    renamed: Lines,
    escaped: Lines,
}

type Reasons = BTreeMap<String, Vec<RowLocation>>;

/// Texts by the line of the file.
type Lines = BTreeSet<(u64, String)>;

impl Summary {
    /// Records the outcome of a row.
    pub fn record(&mut self, location: RowLocation, outcome: Outcome) {
        match outcome {
            Outcome::Imported => self.imported += 1,
            Outcome::Skipped => self.skipped += 1,
            Outcome::Refused(reason) => self.refused.entry(reason).or_default().push(location),
            Outcome::Failed(reason) => self.failed.entry(reason).or_default().push(location),
        }
    }

    /// Records a difference between an imported prompt and the file.
    pub fn record_change(&mut self, location: &RowLocation, change: &Change) {
        let title = &location.title;
        match change {
            Change::Renamed { from, to } => {
                self.renamed
                    .insert((location.line, format!("{title}: ${{{from}}} is {{{{{to}}}}}")));
            }
            Change::Escaped(name) => {
                self.escaped.insert((location.line, format!("{title}: {{{{{name}}}}}")));
            }
        }
    }

    /// Tells whether another run may import more.
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
    for (reason, locations) in reasons {
        write!(f, "\n  {} × {reason}", locations.len())?;
        // Responses arrive in any order.
        let mut locations: Vec<&RowLocation> = locations.iter().collect();
        locations.sort_unstable_by_key(|location| location.line);
        for RowLocation { line, title } in locations {
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
        let location = |line| RowLocation { line, title: format!("t{line}") };
        let mut summary = Summary::default();
        summary.record(location(2), Outcome::Imported);
        for line in [9, 4] {
            summary.record(location(line), Outcome::Refused("content: too short".to_owned()));
        }
        let renamed = |n| Change::Renamed { from: format!("a/{n}"), to: format!("a {n}") };
        summary.record_change(&location(7), &renamed(1));
        summary.record_change(&location(2), &renamed(2));
        summary.record_change(&location(3), &Change::Escaped("b".to_owned()));
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
