//! The response bodies for accounts and profiles.

use auth::Role;
use ids::UserId;
use serde::Serialize;
use timestamp::Timestamp;
use utoipa::ToSchema;

use crate::domain::{Account, Profile};

/// An account, for its owner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserResponse {
    id: UserId,
    #[schema(example = "ada")]
    username: String,
    #[schema(example = "ada@example.com")]
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    bio: Option<String>,
    avatar_url: Option<String>,
    roles: Vec<Role>,
    /// False when suspended.
    active: bool,
    email_verified: bool,
    created_at: Timestamp,
    last_login_at: Option<Timestamp>,
}

impl From<Account> for UserResponse {
    fn from(account: Account) -> Self {
        Self {
            roles: account.roles(),
            id: account.id,
            username: account.username,
            email: account.email,
            first_name: account.first_name,
            last_name: account.last_name,
            bio: account.bio,
            avatar_url: account.avatar_url,
            active: account.active,
            email_verified: account.email_verified,
            created_at: account.created_at,
            last_login_at: account.last_login_at,
        }
    }
}

/// An account, for everyone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileResponse {
    id: UserId,
    #[schema(example = "ada")]
    username: String,
    first_name: Option<String>,
    last_name: Option<String>,
    bio: Option<String>,
    avatar_url: Option<String>,
    created_at: Timestamp,
}

impl From<Profile> for ProfileResponse {
    fn from(profile: Profile) -> Self {
        Self {
            id: profile.id,
            username: profile.username,
            first_name: profile.first_name,
            last_name: profile.last_name,
            bio: profile.bio,
            avatar_url: profile.avatar_url,
            created_at: profile.created_at,
        }
    }
}
