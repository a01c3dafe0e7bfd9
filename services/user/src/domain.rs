//! Accounts: values that cannot hold a bad one, and the rules for them.

use auth::Role;
use garde::rules::AsStr;
use ids::UserId;
use pg::Timestamp;

/// An account, as stored.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: UserId,
    pub username: String,
    pub email: String,
    pub password_hash: String,
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

/// A person who asks to be registered; every field has passed its rules.
#[derive(Debug)]
pub struct NewAccount {
    pub username: String,
    pub email: String,
    pub password: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}

pub const USERNAME_CHARS: &str = "letters, digits, '_', '.' and '-'";

/// The rule for usernames' characters; their length is checked beside it.
pub fn username(value: &str, _: &()) -> garde::Result {
    if value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b)) {
        Ok(())
    } else {
        Err(garde::Error::new(format!("may only have {USERNAME_CHARS}")))
    }
}

/// Not blank, when given.
pub fn not_blank<T: AsStr>(value: &Option<T>, _: &()) -> garde::Result {
    match value {
        Some(text) if text.as_str().trim().is_empty() => {
            Err(garde::Error::new("must not be blank"))
        }
        _ => Ok(()),
    }
}
