//! The table `prompts`.

mod anonymize;
mod lock;
mod premium;
mod read;
mod summary;
mod write;

pub use anonymize::{anonymize_some, hidden_prompts, lock_hidden};
pub use lock::{
    RowLock, lock, lock_key_share, lock_key_share_visible, lock_newest_version, newest_versions,
};
pub use premium::{find_premium, set_premium};
pub use read::{Contents, are_listed_unchanged, find, find_all, find_standings, is_visible};
pub(super) use read::{VISIBLE, push_viewer};
pub use summary::{find_rated, find_summaries};
pub use write::{delete, insert, update};
