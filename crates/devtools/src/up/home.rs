//! Where the Postgres cluster lives.

use std::{
    fs,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{SHA256, digest};
use promptforge::local::StateDir;

use crate::local::postgres::Account;

/// A place for the cluster's files.
pub struct Home {
    pub path: PathBuf,
    /// Why it is not in the state directory, when it is not.
    pub remark: Option<String>,
}

/// In the state directory; but where the account that Postgres runs as cannot get there (root's
/// checkout in a closed home), a directory of the same account's under `/var/lib`. A place that
/// holds a cluster already stays the place.
pub fn choose(dir: &StateDir, account: Option<Account>) -> Home {
    let inside = dir.path().join("postgres");
    let fallback = fallback(dir);
    let holds_cluster = |home: &Path| fs::exists(home.join("data/PG_VERSION")).unwrap_or(false);
    let obstacle = account.and_then(|account| account.obstacle(dir.path()));
    match obstacle {
        Some(obstacle) if !holds_cluster(&inside) => Home {
            remark: Some(format!(
                "{} is closed to the account postgres, so the database's files are in {}",
                obstacle.display(),
                fallback.display()
            )),
            path: fallback,
        },
        None if holds_cluster(&fallback) && !holds_cluster(&inside) => {
            Home { path: fallback, remark: None }
        }
        _ => Home { path: inside, remark: None },
    }
}

/// One for each state directory, by its path.
pub fn fallback(dir: &StateDir) -> PathBuf {
    let hash = digest(&SHA256, dir.path().as_os_str().as_encoded_bytes());
    let short: String = hash.as_ref()[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    PathBuf::from(format!("/var/lib/promptforge-{short}"))
}
