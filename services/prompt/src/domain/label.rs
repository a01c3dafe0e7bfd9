//! The labels of versions.

/// The label that always names the newest version.
pub const LATEST: &str = "latest";

/// Labels of one prompt, at most: every answer with a prompt has them beside it.
pub const MAX_LABELS: i64 = 50;

const MAX_CHARS: usize = 50;

/// A name that an author gives to a version: 1 to 50 letters, digits, `.`, `_` and `-` of ASCII,
/// since it is part of paths.
#[derive(Debug)]
pub struct Label(String);

/// Why a text is not a [`Label`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidLabel {
    Malformed,
    /// `latest`, whatever its case: the newest version has it by itself.
    Reserved,
}

impl Label {
    /// Parses a label.
    ///
    /// # Errors
    /// [`InvalidLabel`] has the reason.
    pub fn parse(text: String) -> Result<Self, InvalidLabel> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if !(1..=MAX_CHARS).contains(&text.len()) || !text.chars().all(allowed) {
            Err(InvalidLabel::Malformed)
        } else if text.eq_ignore_ascii_case(LATEST) {
            Err(InvalidLabel::Reserved)
        } else {
            Ok(Self(text))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_short_names_and_none_is_latest() {
        for good in ["production", "v1.2_rc-3", "7", &"l".repeat(50)] {
            assert!(Label::parse(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "two words", "naïve", "a/b", "a\n", &"l".repeat(51)] {
            assert_eq!(Label::parse(bad.to_owned()).unwrap_err(), InvalidLabel::Malformed, "{bad}");
        }
        for taken in ["latest", "Latest"] {
            assert_eq!(Label::parse(taken.to_owned()).unwrap_err(), InvalidLabel::Reserved);
        }
    }
}
