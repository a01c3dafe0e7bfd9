//! The table `prompts`.

mod lock;
mod premium;
mod read;
mod summary;
mod write;

pub use lock::{
    RowLock, lock, lock_key_share, lock_key_share_visible, lock_newest_version, newest_versions,
};
pub use premium::{find_premium, set_premium};
pub use read::{Contents, find, find_all, is_visible};
pub use summary::{find_rated, find_summaries};
pub use write::{delete, insert, update};
