//! Rules for texts that people write, as functions for garde's `custom`, and [`truncate`] to shorten them.
//!
//! - [`one_line`]: a name, a title, a tag.
//! - [`several_lines`]: a biography, a comment.
//! - [`visible`]: a text that must not look empty.
//! - [`visible_or_empty`]: the same, where an empty text clears the field.
//!
//! Joiners and variation selectors between visible characters are never refused: emoji sequences,
//! and the spelling of Persian, Hindi, Khmer and others, need them.

use std::borrow::Cow;

/// Returns the first `max` characters of a text, with an ellipsis if it has more.
pub fn truncate(text: &str, max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// Accepts a text on one line: no line breaks, no control characters, and nothing that turns the
/// direction of the text beside it. Marks of direction (U+200E, U+200F, U+061C) are accepted.
///
/// # Errors
/// Says what the text must not have.
pub fn one_line(value: &str, (): &()) -> garde::Result {
    if value.chars().any(|c| c.is_control() || is_line_break(c)) {
        return refuse("must not have line breaks or control characters");
    }
    match value.chars().find(|c| turns_direction(*c)) {
        Some(c) => {
            refuse(&format!("must not have the direction control character U+{:04X}", c as u32))
        }
        None => Ok(()),
    }
}

/// Accepts a text on any number of lines: no control characters other than line breaks and tabs.
///
/// # Errors
/// Says what the text must not have.
pub fn several_lines(value: &str, (): &()) -> garde::Result {
    if value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return refuse("must not have control characters other than line breaks and tabs");
    }
    Ok(())
}

/// Accepts a text with at least one visible character.
///
/// # Errors
/// When the text is empty, or all of it is invisible.
pub fn visible(value: &str, (): &()) -> garde::Result {
    if has_visible(value) {
        return Ok(());
    }
    refuse(if value.trim().is_empty() {
        "must not be blank"
    } else {
        "must have at least one visible character"
    })
}

/// Accepts what [`visible`] accepts, and white space alone, which counts as no text.
///
/// # Errors
/// When the text is not blank, and all of it is invisible.
pub fn visible_or_empty(value: &str, (): &()) -> garde::Result {
    if value.trim().is_empty() { Ok(()) } else { visible(value, &()) }
}

/// Whether any character of a text can be seen.
pub fn has_visible(text: &str) -> bool {
    text.chars().any(|c| !is_invisible(c))
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Embeddings, overrides and isolates: unclosed, they reorder the text that follows in a page.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character shows nothing by itself.
fn is_invisible(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_default_ignorable(c) || is_blank_glyph(c)
}

/// Unicode's `Default_Ignorable_Code_Point`, from `DerivedCoreProperties.txt` of version 17. The
/// ranges cover code points that are reserved for it, so that later versions change little.
fn is_default_ignorable(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Characters that Unicode counts as graphic, but whose glyph is empty: the braille pattern without
/// dots, annotation and object anchors, the musical null notehead, the Khitan filler, and Egyptian
/// blanks.
fn is_blank_glyph(c: char) -> bool {
    matches!(c,
        '\u{2800}' | '\u{FFF9}'..='\u{FFFC}' | '\u{1D159}' | '\u{16FE4}'
        | '\u{13430}'..='\u{13440}' | '\u{13441}'..='\u{13446}')
}

fn refuse(problem: &str) -> garde::Result {
    Err(garde::Error::new(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_nothing_visible_is_refused() {
        for invisible in [
            "",
            "  ",
            "\t\n",
            "\u{A0}",
            "\u{3000}",
            "\u{AD}",
            "\u{200B}",
            "\u{200D}",
            "\u{2060}",
            "\u{FEFF}",
            "\u{3164}",
            "\u{FFA0}",
            "\u{115F}",
            "\u{2800}",
            "\u{202E}\u{202C}",
            "\u{2066}\u{2069}",
            "\u{200E}",
            "\u{61C}",
            "\u{180E}",
            "\u{FE0F}",
            "\u{E0020}",
            "\u{E0100}",
            "\u{2061}",
            "\u{034F}",
            "\u{FFFC}",
            "\u{1D173}",
            " \u{200B} \u{2060} ",
        ] {
            assert!(visible(invisible, &()).is_err(), "{invisible:?}");
            let empty = invisible.trim().is_empty();
            assert_eq!(visible_or_empty(invisible, &()).is_ok(), empty, "{invisible:?}");
        }
    }

    #[test]
    fn joiners_inside_emoji_and_scripts_stay() {
        for text in [
            "👩\u{200D}👩\u{200D}👧",
            "❤\u{FE0F}",
            "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
            "می\u{200C}خواهم",
            "क्\u{200D}ष",
            "ភាសា\u{200B}ខ្មែរ",
            "שלום\u{200F} abc",
            "Zoë",
            "李小龍",
            "한글",
            "⠓⠊",
            "·",
        ] {
            assert!(visible(text, &()).is_ok(), "{text:?}");
            assert!(one_line(text, &()).is_ok(), "{text:?}");
            assert!(several_lines(text, &()).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn one_line_has_no_break_no_control_character_and_no_turn_of_direction() {
        for bad in ["a\nb", "a\rb", "a\tb", "a\u{85}b", "a\u{2028}b", "a\u{2029}b", "a\u{7}b"] {
            assert!(one_line(bad, &()).is_err(), "{bad:?}");
        }
        for bad in ["a\u{202E}b", "a\u{202A}b\u{202C}", "\u{2067}a", "a\u{2069}"] {
            let problem = one_line(bad, &()).unwrap_err().to_string();
            assert!(problem.contains("U+20"), "{problem}");
        }
    }

    #[test]
    fn several_lines_may_have_breaks_and_tabs_but_no_other_control_characters() {
        assert!(several_lines("a\r\n\tb\nc", &()).is_ok());
        for bad in ["a\u{0}", "a\u{1B}[31m", "\u{7F}", "\u{9B}31m"] {
            assert!(several_lines(bad, &()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(truncate("naïve", 5), "naïve");
        assert_eq!(truncate("naïve", 3), "naï…");
    }
}
