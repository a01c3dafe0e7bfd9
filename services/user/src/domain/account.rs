//! Accounts.

use auth::Role;
use ids::UserId;
use sqlx::FromRow;
use timestamp::Timestamp;

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
    /// Returns the roles; the schema allows no others than these.
    pub fn roles(&self) -> Vec<Role> {
        self.roles.iter().filter_map(|role| role.parse().ok()).collect()
    }
}

/// The part of an account that everyone may see.
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

/// The columns that a password is checked against; read where one is checked, and nowhere else.
pub struct Credentials {
    pub id: UserId,
    pub password_hash: String,
    /// A number that grows with each password: another one at the time of a write means that the
    /// password was changed meanwhile.
    pub password_version: i32,
}

/// A registration whose fields have passed their rules.
#[derive(Debug)]
pub struct NewAccount {
    pub username: String,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}

/// The way in which an account is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountOrigin {
    /// Someone registered it, and is signed in.
    Registration,
    /// The settings name it as the first administrator's.
    Settings,
}

impl AccountOrigin {
    /// Returns the roles that the account begins with.
    pub fn roles(self) -> &'static [Role] {
        match self {
            Self::Registration => &[Role::User],
            Self::Settings => &[Role::User, Role::Admin],
        }
    }
}

/// A change of an account: `None` leaves a field as it is, `Some(None)` clears it.
#[derive(Debug, Default)]
pub struct AccountChanges {
    pub first_name: Option<Option<String>>,
    pub last_name: Option<Option<String>>,
    pub bio: Option<Option<String>>,
    pub avatar_url: Option<Option<String>>,
    pub email: Option<String>,
}
