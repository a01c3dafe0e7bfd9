//! Assertions about a model's answer: checked when they are created, graded when the answer is there.
//!
//! A grader that cannot decide (no price to compare, a text too long for it) reports an error, and an
//! error is never a pass: not under `not-` either.

mod assertion;
mod check;
mod compiled;
mod fill;
mod grade;
mod number;
mod parse;
mod schema;
mod text;
mod validate;

pub use assertion::Assertion;
pub use fill::{Filler, equals_expected};
pub use grade::{AssertionResult, Grade, GradedText, grade, ungraded};
pub use number::positive_zero;
pub use validate::{AssertionList, AssertionTemplate};

#[cfg(test)]
mod tests;
