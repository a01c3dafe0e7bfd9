//! The names of placeholders.

use unicode_normalization::char::is_combining_mark;

/// The characters that join letters in Persian, Sinhala and other scripts; they mean nothing anywhere
/// else.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// Tells whether a text is a name: letters and digits of any script with their marks, `_`, `-` and `.`,
/// with single spaces between them, and at least one of these a letter, a digit or `_`.
pub fn is_name(text: &str) -> bool {
    let mut previous = ' ';
    let mut has_word = false;
    for c in text.chars() {
        let fits = match c {
            ' ' => previous != ' ',
            // A mark belongs to the character before it.
            _ if is_combining_mark(c) || JOINERS.contains(&c) => previous != ' ',
            _ => is_name_char(c),
        };
        if !fits {
            return false;
        }
        has_word |= c == '_' || c.is_alphanumeric();
        previous = c;
    }
    has_word && previous != ' '
}

/// Tells whether a character can stand in a name, spaces aside.
pub fn is_name_char(c: char) -> bool {
    matches!(c, '_' | '-' | '.')
        || c.is_alphanumeric()
        || is_combining_mark(c)
        || JOINERS.contains(&c)
}

/// Tells whether a character ends a line, and with it a possible default.
pub fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_are_words_of_any_script() {
        for name in [
            "a",
            "Ваше имя",
            "商品名称",
            "points clés",
            "cle\u{301}",
            "हिन्दी नाम",
            "ชื่อผู้ใช้",
            "نام\u{200c}کاربر",
            "user.first-name_2",
            "_",
            "2nd",
            "٣",
            "a - b",
        ] {
            assert!(is_name(name), "{name:?}");
        }
    }

    #[test]
    fn all_else_is_no_name() {
        for text in [
            "",
            " ",
            " a",
            "a ",
            "a  b",
            "a\u{a0}b",
            "a\tb",
            "a\nb",
            "Brand's",
            "a/b",
            "\"name\"",
            "#if",
            "$x",
            "a,b",
            "a:b",
            "a{b",
            "...",
            "-",
            "- .",
            "\u{301}",
            "a \u{301}",
            "\u{200d}",
            "🎉",
            "a\u{200b}b",
        ] {
            assert!(!is_name(text), "{text:?}");
        }
    }
}
