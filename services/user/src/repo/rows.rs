//! The rows of the tables that `promptforge-dev seed` fills: every column, so that a migration that adds
//! one is followed here and there before either compiles.

use ids::UserId;
use timestamp::Timestamp;

pg::copy_rows! {
    /// A row of `users`.
    UserRow in "users" {
        id: UserId,
        username: String,
        email: String,
        password_hash: String,
        first_name: Option<String>,
        last_name: Option<String>,
        bio: Option<String>,
        avatar_url: Option<String>,
        roles: Vec<String>,
        active: bool,
        email_verified: bool,
        created_at: Timestamp,
        updated_at: Timestamp,
        last_login_at: Option<Timestamp>,
        password_version: i32,
        made_from_settings: bool,
    } generated {
        search_text: String,
        username_folded: String,
        email_folded: String,
    }

    /// A row of `follows`.
    FollowRow in "follows" {
        follower_id: UserId,
        followee_id: UserId,
        created_at: Timestamp,
    } generated {}
}
