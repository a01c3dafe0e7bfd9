//! Accounts: values that cannot hold a bad one, and the rules for them.

use std::fmt;

use auth::Role;
use garde::rules::AsStr;
use ids::UserId;
use pg::Timestamp;
use sqlx::FromRow;

/// An account, as its owner and administrators see it.
#[derive(Clone, Debug, FromRow)]
pub struct Account {
    pub id: UserId,
    pub username: String,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub bio: Option<String>,
    pub avatar_url: Option<String>,
    pub roles: Vec<String>,
    pub active: bool,
    pub email_verified: bool,
    pub created_at: Timestamp,
    pub last_login_at: Option<Timestamp>,
}

impl Account {
    /// The schema allows no other roles than these.
    pub fn roles(&self) -> Vec<Role> {
        self.roles.iter().filter_map(|role| role.parse().ok()).collect()
    }
}

/// What everyone may see of an account.
#[derive(Clone, Debug)]
pub struct Profile {
    pub id: UserId,
    pub username: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub bio: Option<String>,
    pub avatar_url: Option<String>,
    pub created_at: Timestamp,
}

/// What a password is checked against; read where one is, and nowhere else.
pub struct Credentials {
    pub id: UserId,
    pub password_hash: String,
    /// Another one, by the time of a write, means that the password was changed meanwhile.
    pub password_version: i32,
}

/// A person who asks to be registered; every field has passed its rules.
#[derive(Debug)]
pub struct NewAccount {
    pub username: String,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}

/// What of an account is to change: `None` leaves a field as it is, `Some(None)` clears it.
#[derive(Debug, Default)]
pub struct Changes {
    pub first_name: Option<Option<String>>,
    pub last_name: Option<Option<String>>,
    pub bio: Option<Option<String>>,
    pub avatar_url: Option<Option<String>>,
    pub email: Option<String>,
}

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
    /// Usernames to try in turn: what stands before the `@`, then the same with a number.
    pub fn usernames(&self) -> impl Iterator<Item = String> {
        let local: String = self.email.split('@').next().unwrap_or_default().to_owned();
        let kept: String = local.chars().filter(|c| is_username_char(*c)).take(40).collect();
        let base = if kept.len() < USERNAME_LENGTH.0 { "admin".to_owned() } else { kept };
        (1..1000).map(move |n| match n {
            1 => base.clone(),
            n => format!("{base}-{n}"),
        })
    }
}

/// What the prompt service calls the author of what a deleted account left behind.
const DELETED_USER: &str = "deleted-user";

pub const USERNAME_LENGTH: (usize, usize) = (3, 50);
const PASSWORD_LENGTH: (usize, usize) = (8, 128);
const EMAIL_MAX_LENGTH: usize = 254;
const URL_MAX_LENGTH: usize = 2048;

fn is_username_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_.-".contains(c)
}

/// The rule for usernames.
pub fn username(value: &str, _: &()) -> garde::Result {
    if !(USERNAME_LENGTH.0..=USERNAME_LENGTH.1).contains(&value.len()) {
        return refuse(&format!(
            "must have {} to {} characters",
            USERNAME_LENGTH.0, USERNAME_LENGTH.1
        ));
    }
    if !value.chars().all(is_username_char) {
        return refuse("may only have letters, digits, '_', '.' and '-'");
    }
    if value.eq_ignore_ascii_case(DELETED_USER) {
        return refuse("is what deleted accounts are called");
    }
    Ok(())
}

/// The rule for passwords that are to be set.
pub fn password(value: &str, _: &()) -> garde::Result {
    if (PASSWORD_LENGTH.0..=PASSWORD_LENGTH.1).contains(&value.chars().count()) {
        Ok(())
    } else {
        refuse(&format!("must have {} to {} characters", PASSWORD_LENGTH.0, PASSWORD_LENGTH.1))
    }
}

/// The rule for email addresses.
pub fn email(value: &str, _: &()) -> garde::Result {
    if value.len() > EMAIL_MAX_LENGTH {
        return refuse(&format!("must have at most {EMAIL_MAX_LENGTH} characters"));
    }
    garde::rules::email::parse_email(value)
        .map_err(|_| garde::Error::new("is not a valid email address"))
}

/// The rule for pictures' addresses: something that a page can show. Blank is none.
pub fn web_address(value: &str, _: &()) -> garde::Result {
    let value = value.trim();
    let is_web = value.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some()
    });
    if value.is_empty() || (is_web && value.len() <= URL_MAX_LENGTH) {
        Ok(())
    } else {
        refuse(&format!("must be an http or https address of at most {URL_MAX_LENGTH} characters"))
    }
}

/// Not blank, when given.
pub fn not_blank<T: AsStr>(value: &Option<T>, _: &()) -> garde::Result {
    match value {
        Some(text) if text.as_str().trim().is_empty() => refuse("must not be blank"),
        _ => Ok(()),
    }
}

fn refuse(problem: &str) -> garde::Result {
    Err(garde::Error::new(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert!(username(&name, &()).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_picture_s_address_is_of_the_web() {
        for good in ["https://example.com/a.png", "http://localhost:3000/me", " "] {
            assert!(web_address(good, &()).is_ok(), "{good}");
        }
        for bad in ["javascript:alert(1)", "/me.png", "example.com", "data:image/png;base64,AA"] {
            assert!(web_address(bad, &()).is_err(), "{bad}");
        }
    }
}
