//! What came of each row.

use std::{collections::BTreeMap, fmt};

use super::rows::Place;

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
}

type Reasons = BTreeMap<String, Vec<Place>>;

impl Summary {
    pub fn note(&mut self, place: Place, outcome: Outcome) {
        match outcome {
            Outcome::Imported => self.imported += 1,
            Outcome::Skipped => self.skipped += 1,
            Outcome::Refused(reason) => self.refused.entry(reason).or_default().push(place),
            Outcome::Failed(reason) => self.failed.entry(reason).or_default().push(place),
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
        Ok(())
    }
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
        assert!(!summary.failed());
        assert_eq!(
            summary.to_string(),
            "imported 1\nskipped  0 (already there)\nrefused  2\n  2 × content: too short\n    \
             line 4: t4\n    line 9: t9"
        );
    }
}
