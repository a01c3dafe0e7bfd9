//! Types that cannot hold a bad value, and pure rules.

mod account;
mod first_admin;
mod follow_list;
mod login_limits;
mod password;
mod refresh_token;
pub mod rules;
mod session;
mod user_filter;
mod username;

pub use account::{Account, AccountChanges, AccountOrigin, Credentials, NewAccount, Profile};
pub use first_admin::FirstAdmin;
pub use follow_list::FollowList;
pub use login_limits::LoginLimits;
pub use password::normalize_password;
pub use refresh_token::{RefreshToken, hash_refresh_token};
pub use session::{ClientInfo, Session};
pub use user_filter::UserFilter;
pub use username::fold_name;
