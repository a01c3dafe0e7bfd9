//! The report of a drill: a table of expectations.

use std::fmt;

/// A number that must be another, or a text.
struct Expectation {
    what: String,
    wanted: String,
    found: String,
}

/// The report.
#[derive(Default)]
pub struct Report {
    facts: Vec<(String, String)>,
    expectations: Vec<Expectation>,
}

impl Report {
    /// Adds a number for people.
    pub fn note(&mut self, what: impl Into<String>, number: impl ToString) {
        self.facts.push((what.into(), number.to_string()));
    }

    /// Adds an expectation.
    pub fn expect(&mut self, what: impl Into<String>, wanted: impl ToString, found: impl ToString) {
        let (wanted, found) = (wanted.to_string(), found.to_string());
        self.expectations.push(Expectation { what: what.into(), wanted, found });
    }

    /// Tells whether everything is as it must be.
    pub fn passed(&self) -> bool {
        // Without any, nothing was put to the test.
        !self.expectations.is_empty() && self.expectations.iter().all(Expectation::is_met)
    }
}

impl Expectation {
    fn is_met(&self) -> bool {
        self.wanted == self.found
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, number) in &self.facts {
            writeln!(f, "{number:>10}  {what}")?;
        }
        writeln!(f, "\n| expectation | wanted | found | |")?;
        writeln!(f, "|---|--:|--:|---|")?;
        for it in &self.expectations {
            let verdict = if it.is_met() { "ok" } else { "**NOT MET**" };
            writeln!(f, "| {} | {} | {} | {verdict} |", it.what, it.wanted, it.found)?;
        }
        f.write_str(if self.passed() { "all is well" } else { "NOT ALL IS WELL" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_expectation_that_is_not_met_is_enough() {
        let mut report = Report::default();
        assert!(!report.passed(), "nothing was put to the test");
        report.expect("events", 7, 7);
        assert!(report.passed());
        report.expect("letters", 1, 2);
        assert!(!report.passed());
        assert!(report.to_string().ends_with("NOT ALL IS WELL"));
        assert!(report.to_string().contains("| letters | 1 | 2 | **NOT MET** |"));
    }
}
