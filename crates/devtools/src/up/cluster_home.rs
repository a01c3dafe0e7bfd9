//! The directory of the Postgres cluster.

use std::{
    fs,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{SHA256, digest};
use promptforge::local::StateDir;

use crate::local::account::Account;

/// The directory of a cluster.
pub struct ClusterHome {
    pub path: PathBuf,
    /// The reason why the directory is not in the state directory, if it is not.
    pub remark: Option<String>,
}

/// Chooses the directory: one in the state directory, or one under `/var/lib` if the account of Postgres
/// cannot enter the state directory (root's checkout in a closed home). A directory that holds a cluster
/// already is kept.
pub fn choose(dir: &StateDir, account: Option<Account>) -> ClusterHome {
    let inside = dir.path().join("postgres");
    let fallback = fallback(dir);
    let holds_cluster = |home: &Path| fs::exists(home.join("data/PG_VERSION")).unwrap_or(false);
    let obstacle = account.and_then(|account| account.obstacle(dir.path()));
    match obstacle {
        Some(obstacle) if !holds_cluster(&inside) => ClusterHome {
            remark: Some(format!(
                "{} is closed to the account postgres, so the database's files are in {}",
                obstacle.display(),
                fallback.display()
            )),
            path: fallback,
        },
        None if holds_cluster(&fallback) && !holds_cluster(&inside) => {
            ClusterHome { path: fallback, remark: None }
        }
        _ => ClusterHome { path: inside, remark: None },
    }
}

/// Returns the directory under `/var/lib` for a state directory.
pub fn fallback(dir: &StateDir) -> PathBuf {
    let hash = digest(&SHA256, dir.path().as_os_str().as_encoded_bytes());
    let short: String = hash.as_ref()[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    PathBuf::from(format!("/var/lib/promptforge-{short}"))
}
