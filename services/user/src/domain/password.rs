use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Returns a password as it is hashed: in Unicode's normal form C, since keyboards differ in how they
/// put letters and marks together.
pub fn normalize_password(password: &str) -> Cow<'_, str> {
    if is_nfc(password) { password.into() } else { password.nfc().collect::<String>().into() }
}
