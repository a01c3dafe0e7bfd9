//! Postgres as every service uses it: the pool's settings, the meaning of errors, migrations, bulk
//! writes.

mod copy;
mod error;
mod migrate;
mod pool;

pub use copy::{CopyFields, CopyRow, CopyRows};
pub use error::{api_error, is_outage, violated};
pub use migrate::migrate;
pub use pool::{PoolConfig, ping, pool};
