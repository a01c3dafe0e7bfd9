//! Forms of words that are compared.

use caseless::Caseless;
use unicode_normalization::{
    IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfd_quick, is_nfkc_quick,
};

/// Returns the form of a text without differences of case, width and composition.
pub fn marked_form(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Most texts are normalized, which is known far sooner than they would be again.
    let folded: String = match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => text.chars().default_case_fold().filter(|c| !is_ignored(*c)).collect(),
        _ => text.nfkc().default_case_fold().filter(|c| !is_ignored(*c)).collect(),
    };
    match is_nfkc_quick(folded.chars()) {
        IsNormalized::Yes => folded,
        _ => folded.nfkc().collect(),
    }
}

/// Returns the form of a [`marked_form`] without accents, vowel points and variants of letters.
pub fn plain_form(marked: &str) -> String {
    if marked.is_ascii() {
        return marked.to_owned();
    }
    let mut plain = String::with_capacity(marked.len());
    let mut add = |c: char| match replacement(c) {
        Some(replacement) => plain.push_str(replacement),
        None => plain.push(c),
    };
    match is_nfd_quick(marked.chars()) {
        IsNormalized::Yes => marked.chars().filter(|c| !is_mark(*c)).for_each(&mut add),
        _ => marked.nfd().filter(|c| !is_mark(*c)).for_each(&mut add),
    }
    match is_nfc_quick(plain.chars()) {
        IsNormalized::Yes => plain,
        _ => plain.nfc().collect(),
    }
}

/// Returns the first character of the plain form of a character; `None` where nothing is left of it.
pub fn plain_char(c: char) -> Option<char> {
    match c.is_ascii() {
        true => Some(c.to_ascii_lowercase()),
        false => plain_form(&marked_form(c.encode_utf8(&mut [0; 4]))).chars().next(),
    }
}

/// Returns whether a character is invisible, only stretches a word, or chooses how one is drawn.
fn is_ignored(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{640}' | '\u{200b}'..='\u{200c}' | '\u{200e}'..='\u{200f}' | '\u{2060}'
        | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// Returns whether a character is a mark that readers leave out. Vowels of Indic and Thai scripts, and
/// the voicing of kana, are not: other words would be the same.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}'
        | '\u{93c}' | '\u{9bc}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Returns the letters that stand for a letter whose mark is part of it.
fn replacement(c: char) -> Option<&'static str> {
    Some(match c {
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ı' => "i",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ħ' => "h",
        'ґ' => "г",
        'ٱ' => "ا",
        'ى' | 'ی' => "ي",
        'ة' | 'ە' => "ه",
        'ک' => "ك",
        'ँ' => "ं",
        '’' | 'ʼ' | '＇' => "'",
        '٠' | '۰' => "0",
        '١' | '۱' => "1",
        '٢' | '۲' => "2",
        '٣' | '۳' => "3",
        '٤' | '۴' => "4",
        '٥' | '۵' => "5",
        '٦' | '۶' => "6",
        '٧' | '۷' => "7",
        '٨' | '۸' => "8",
        '٩' | '۹' => "9",
        _ => return None,
    })
}
