//! The report of a drill: whether it passed, as text.

use std::fmt;

pub const BOUGHT: &str = "purchases acknowledged";

/// The report of a drill.
pub struct Report {
    /// Numbers for people.
    pub counts: Vec<(&'static str, i64)>,
    /// Numbers of violations, which must all be 0.
    pub violations: Vec<(&'static str, i64)>,
    /// The revenue as the marketplace answers it, and as the sum of the books.
    pub revenue: (String, String),
    /// Responses that nobody should get.
    pub unexpected: Vec<String>,
}

impl Report {
    /// Tells whether the books agree and something was bought.
    pub fn passed(&self) -> bool {
        // A drill in which nothing was bought has tested nothing.
        self.counts.iter().any(|(name, count)| *name == BOUGHT && *count > 0)
            && self.violations.iter().all(|(_, count)| *count == 0)
            && self.revenue.0 == self.revenue.1
            && self.unexpected.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in self.counts.iter().chain(&self.violations) {
            writeln!(f, "{count:>8}  {name}")?;
        }
        for unexpected in &self.unexpected {
            writeln!(f, "unexpected: {unexpected}")?;
        }
        let (said, sum) = &self.revenue;
        writeln!(f, "revenue: {said} sales, the sum of COMPLETED: {sum}")?;
        f.write_str(if self.passed() { "all is well" } else { "NOT ALL IS WELL" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(violations: i64, said: &str) -> Report {
        Report {
            counts: vec![(BOUGHT, 7), ("COMPLETED", 7)],
            violations: vec![("PENDING left", violations)],
            revenue: (said.to_owned(), "1.25 of 1".to_owned()),
            unexpected: Vec::new(),
        }
    }

    #[test]
    fn one_broken_rule_is_enough() {
        assert!(report(0, "1.25 of 1").passed());
        assert!(!report(1, "1.25 of 1").passed());
        assert!(!report(0, "1.26 of 1").passed());
        assert!(report(1, "1.25 of 1").to_string().ends_with("NOT ALL IS WELL"));
        let idle = Report { counts: vec![(BOUGHT, 0)], ..report(0, "1.25 of 1") };
        assert!(!idle.passed(), "nothing was put to the test");
    }
}
