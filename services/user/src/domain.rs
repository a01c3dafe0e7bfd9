//! Accounts and sessions: values that cannot hold a bad one.

pub mod names;
pub mod rules;

use std::{fmt, net::IpAddr};

use auth::Role;
use ids::{SessionId, UserId};
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

/// Where an account comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Someone registered it, and is signed in.
    Registration,
    /// The settings name it as the first administrator's.
    Settings,
}

impl Origin {
    /// The roles that the account begins with.
    pub fn roles(self) -> &'static [Role] {
        match self {
            Self::Registration => &[Role::User],
            Self::Settings => &[Role::User, Role::Admin],
        }
    }
}

/// What a session was last used with.
#[derive(Clone, Debug)]
pub struct Device {
    pub address: IpAddr,
    /// Printable ASCII, at most [`Device::USER_AGENT_LENGTH`] characters; `None` when it gave none.
    pub user_agent: Option<String>,
}

impl Device {
    pub const USER_AGENT_LENGTH: usize = 200;

    /// Cuts a `User-Agent` header to its length, and leaves out all but printable ASCII.
    pub fn new(address: IpAddr, user_agent: Option<&[u8]>) -> Self {
        let bytes = user_agent.unwrap_or_default().iter();
        let printable = bytes.filter(|byte| matches!(byte, b' '..=b'~')).copied().map(char::from);
        let user_agent: String = printable.take(Self::USER_AGENT_LENGTH).collect();
        let user_agent = user_agent.trim().to_owned();
        Self { address, user_agent: Some(user_agent).filter(|text| !text.is_empty()) }
    }
}

/// A session that goes on.
#[derive(Debug)]
pub struct Session {
    pub id: SessionId,
    /// The `sid` that its access tokens name.
    pub sid: SessionId,
    pub created_at: Timestamp,
    /// When it last gave out tokens.
    pub last_used_at: Timestamp,
    pub address: Option<String>,
    pub user_agent: Option<String>,
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
        let kept: String = local.chars().filter(|c| names::is_username_char(*c)).take(40).collect();
        let base = if kept.len() < rules::USERNAME_LENGTH.0 { "admin".to_owned() } else { kept };
        (1..1000).map(move |n| match n {
            1 => base.clone(),
            n => format!("{base}-{n}"),
        })
    }
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
            assert!(rules::username(&name, &()).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_user_agent_is_cut_and_printable() {
        let of = |header: Option<&[u8]>| Device::new([127, 0, 0, 1].into(), header).user_agent;
        assert_eq!(of(Some(b"curl/8.5")).as_deref(), Some("curl/8.5"));
        assert_eq!(of(Some(b"\tx\x7f\xff\xe2\x80\xaey ")).as_deref(), Some("xy"));
        assert_eq!(of(Some(&[b'a'; 4000])).map(|text| text.len()), Some(200));
        assert_eq!((of(None), of(Some(b" \t"))), (None, None));
    }
}
