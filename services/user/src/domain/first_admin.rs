//! The administrator that settings name.

use std::fmt;

use super::username::{self, is_username_char};

/// The administrator that settings name.
pub struct FirstAdmin {
    pub email: String,
    pub password: String,
}

impl fmt::Debug for FirstAdmin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirstAdmin").finish_non_exhaustive()
    }
}

impl FirstAdmin {
    /// Returns usernames to try in turn: the part before the `@`, then the same with a number.
    pub fn usernames(&self) -> impl Iterator<Item = String> {
        let local: String = self.email.split('@').next().unwrap_or_default().to_owned();
        let kept: String = local.chars().filter(|c| is_username_char(*c)).take(40).collect();
        let base = if kept.len() < username::LENGTH.0 { "admin".to_owned() } else { kept };
        (1..1000).map(move |n| match n {
            1 => base.clone(),
            n => format!("{base}-{n}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rules;

    fn usernames(email: &str) -> Vec<String> {
        let admin = FirstAdmin { email: email.to_owned(), password: String::new() };
        admin.usernames().take(2).collect()
    }

    #[test]
    fn the_first_admin_s_username_comes_from_the_email_address() {
        assert_eq!(usernames("ada.l@example.com"), ["ada.l", "ada.l-2"]);
        assert_eq!(usernames("ops+forge@example.com"), ["opsforge", "opsforge-2"]);
        assert_eq!(usernames("a@example.com"), ["admin", "admin-2"]);
        let long = format!("{}@example.com", "a".repeat(64));
        for name in usernames(&long) {
            assert!(rules::username(&name, &()).is_ok(), "{name}");
        }
    }
}
