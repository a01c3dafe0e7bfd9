//! What a directory holds: the names that files are served under, and what says that they changed.

use std::{collections::BTreeMap, fs, path::Path, time::SystemTime};

/// The most files of a build, and how deep its directories are nested.
const MAX_FILES: usize = 4096;
const MAX_DEPTH: usize = 8;

/// The files of a directory by their paths, which begin with a slash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing(BTreeMap<String, Stamp>);

/// What changes when a file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Listing {
    /// Lists a directory and those in it.
    ///
    /// # Errors
    /// Says what is wrong with the directory.
    pub fn read(dir: &Path) -> Result<Self, String> {
        let mut listing = Self::default();
        listing.add(dir, "", 0)?;
        Ok(listing)
    }

    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.0.values().map(|stamp| stamp.bytes).sum()
    }

    pub fn contains(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    fn add(&mut self, dir: &Path, prefix: &str, depth: usize) -> Result<(), String> {
        let failed = |error| format!("cannot be listed: {error}");
        for entry in fs::read_dir(dir).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Some(name) =
                entry.file_name().to_str().filter(|name| is_plain(name)).map(str::to_owned)
            else {
                continue;
            };
            let path = format!("{prefix}/{name}");
            // Of the entry itself: a symbolic link is neither file nor directory, and is not followed.
            let metadata = entry.metadata().map_err(failed)?;
            if metadata.is_dir() && depth < MAX_DEPTH {
                self.add(&entry.path(), &path, depth + 1)?;
            } else if metadata.is_file() {
                let stamp = Stamp { bytes: metadata.len(), modified: metadata.modified().ok() };
                self.0.insert(path, stamp);
            }
            if self.0.len() > MAX_FILES {
                return Err(format!("holds more than {MAX_FILES} files"));
            }
        }
        Ok(())
    }
}

/// Tells whether a name stands in a path as it is, and is not hidden.
fn is_plain(name: &str) -> bool {
    !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
}
