//! The directory of one instance's search index.

use std::{
    fs::{File, TryLockError, create_dir_all, read_dir, remove_dir_all},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// Instances that may share the directory above.
const MAX_INSTANCES: u32 = 1000;

/// A directory that no other process uses while this value lives.
///
/// Directories are numbered, and an instance takes the first that is free. So one that starts again mostly
/// finds its index, and however often instances come and go, there are no more directories than there were
/// instances at once.
pub struct SearchDir {
    pub path: PathBuf,
    /// Locked; the operating system unlocks it however the process ends.
    _lock: File,
}

impl SearchDir {
    /// Takes a directory below `parent`, which is made if it is missing.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn take(parent: &Path) -> io::Result<Self> {
        create_dir_all(parent)?;
        for number in 0..MAX_INSTANCES {
            let lock = File::create(parent.join(format!("{number}.lock")))?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => continue,
                Err(TryLockError::Error(error)) => return Err(error),
            }
            let path = parent.join(number.to_string());
            create_dir_all(&path)?;
            return Ok(Self { path, _lock: lock });
        }
        Err(io::Error::other(format!("{MAX_INSTANCES} instances use {}", parent.display())))
    }

    /// Deletes the directories beside this one that no process uses, and none has written to for so long.
    ///
    /// # Errors
    /// When one cannot be read or deleted.
    pub fn delete_unused(&self, age: Duration) -> io::Result<()> {
        let Some(parent) = self.path.parent() else { return Ok(()) };
        for entry in read_dir(parent)? {
            let path = entry?.path();
            let is_numbered = path
                .file_name()
                .is_some_and(|name| name.to_str().is_some_and(|name| name.parse::<u32>().is_ok()));
            if !is_numbered || path == self.path {
                continue;
            }
            let lock = File::create(path.with_extension("lock"))?;
            let modified = path.metadata()?.modified()?;
            let is_old = modified.elapsed().is_ok_and(|elapsed| elapsed >= age);
            if is_old && lock.try_lock().is_ok() {
                remove_dir_all(path)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;

    #[test]
    fn no_two_share_a_directory_and_one_that_is_free_is_taken_again() {
        let parent = tempdir().unwrap();
        let parent = parent.path().join("search");
        let first = SearchDir::take(&parent).unwrap();
        let second = SearchDir::take(&parent).unwrap();
        let path = first.path.clone();
        assert_ne!(path, second.path);
        drop(first);
        assert_eq!(SearchDir::take(&parent).unwrap().path, path);
        let blocked = parent.join("0.lock");
        assert!(SearchDir::take(&blocked).is_err(), "it is a file");
    }

    #[test]
    fn a_directory_is_deleted_when_no_process_uses_it_any_more() {
        let parent = tempdir().unwrap();
        let [own, used, gone] = [0; 3].map(|_| SearchDir::take(parent.path()).unwrap());
        let unused = gone.path.clone();
        drop(gone);
        create_dir_all(parent.path().join("of-others")).unwrap();
        own.delete_unused(Duration::from_secs(60)).unwrap();
        assert!(unused.exists(), "it was written to a moment ago");
        own.delete_unused(Duration::ZERO).unwrap();
        assert!(!unused.exists());
        assert!(
            [&own.path, &used.path, &parent.path().join("of-others")].iter().all(|it| it.exists())
        );
        assert_eq!(SearchDir::take(parent.path()).unwrap().path, unused, "made again");
    }
}
