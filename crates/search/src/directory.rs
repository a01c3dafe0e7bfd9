//! The directory of an index on disk.

use std::{
    fmt,
    fs::File,
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::{
    buffer::spare_capacity,
    io::{pread, retry_on_intr},
};
use tantivy::{
    Directory, HasLen,
    directory::{
        DirectoryLock, FileHandle, Lock, MmapDirectory, OwnedBytes, WatchCallback, WatchHandle,
        WritePtr,
        error::{DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError},
    },
};

/// The extensions of the files of postings, of their positions and of titles, which are four fifths of an index.
const READ: [&str; 3] = ["idx", "pos", "store"];

/// The bytes from which a list is mapped. Reading it would copy all of it, and of the positions of a common word,
/// which are megabytes, a search needs those of few documents; for less than this a copy is quicker.
const LONG_LIST: usize = 128 * 1024;

/// A directory that maps the dictionaries and columns into memory, for they are read in many small places, and reads
/// all other files, of which a search takes a few lists. What is read stays in the system's cache and out of the memory
/// of the process. For a long list its file is mapped for as long as the list is in use.
///
/// A disk that fails to read is an error; where a page is mapped, it ends the process by a signal.
#[derive(Clone)]
pub struct IndexDirectory {
    path: PathBuf,
    mapped: MmapDirectory,
}

impl IndexDirectory {
    /// Opens a directory that exists.
    pub fn open(path: &Path) -> Result<Self, OpenDirectoryError> {
        Ok(Self { path: path.to_owned(), mapped: MmapDirectory::open(path)? })
    }

    fn open_file(&self, path: &Path) -> io::Result<ReadFile> {
        let file = File::open(self.path.join(path))?;
        let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        Ok(ReadFile { file, length, path: path.to_owned(), mapped: self.mapped.clone() })
    }
}

impl fmt::Debug for IndexDirectory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("IndexDirectory").field(&self.path).finish()
    }
}

impl Directory for IndexDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        if !extension.is_some_and(|extension| READ.contains(&extension)) {
            return self.mapped.get_file_handle(path);
        }
        match self.open_file(path) {
            Ok(file) => Ok(Arc::new(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(OpenReadError::FileDoesNotExist(path.to_owned()))
            }
            Err(error) => Err(OpenReadError::wrap_io_error(error, path.to_owned())),
        }
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.mapped.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.mapped.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.mapped.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.mapped.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.mapped.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.mapped.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.mapped.acquire_lock(lock)
    }

    fn watch(&self, changed: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.mapped.watch(changed)
    }
}

/// A file that is read piece by piece.
#[derive(Debug)]
struct ReadFile {
    file: File,
    /// The length in bytes. It is read once, for no file of an index changes.
    length: usize,
    path: PathBuf,
    mapped: MmapDirectory,
}

impl ReadFile {
    /// Maps the file, and takes a part of it; `None` where that fails, as of a file that was deleted since.
    fn map(&self, range: Range<usize>) -> Option<OwnedBytes> {
        let file = self.mapped.get_file_handle(&self.path).ok()?;
        (range.end <= file.len()).then(|| file.read_bytes(range).ok()).flatten()
    }
}

impl FileHandle for ReadFile {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        if range.len() >= LONG_LIST
            && let Some(bytes) = self.map(range.clone())
        {
            return Ok(bytes);
        }
        let mut bytes = Vec::with_capacity(range.len());
        while bytes.len() < range.len() {
            let offset = (range.start + bytes.len()) as u64;
            // The bytes are not filled with zeros first.
            let read = retry_on_intr(|| pread(&self.file, spare_capacity(&mut bytes), offset))?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        bytes.truncate(range.len());
        Ok(OwnedBytes::new(bytes))
    }
}

impl HasLen for ReadFile {
    fn len(&self) -> usize {
        self.length
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::tempdir;

    use super::*;

    #[test]
    fn long_and_short_parts_are_those_of_the_file_even_after_it_was_deleted() {
        let dir = tempdir().unwrap();
        let bytes: Vec<u8> = (0..=250).cycle().take(2 * LONG_LIST).collect();
        let path = Path::new("some.pos");
        fs::write(dir.path().join(path), &bytes).unwrap();
        let directory = IndexDirectory::open(dir.path()).unwrap();
        let file = directory.get_file_handle(path).unwrap();
        let are_equal = || {
            [0..0, 7..300, 1..LONG_LIST, 1..LONG_LIST + 1, 0..bytes.len()]
                .into_iter()
                .all(|range| file.read_bytes(range.clone()).unwrap().as_slice() == &bytes[range])
        };
        assert_eq!(file.len(), bytes.len());
        assert!(are_equal());
        directory.delete(path).unwrap();
        assert!(are_equal());
    }

    #[test]
    fn a_file_that_became_too_short_is_an_error() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("some.pos");
        fs::write(&path, vec![7; 2 * LONG_LIST]).unwrap();
        let directory = IndexDirectory::open(dir.path()).unwrap();
        let file = directory.get_file_handle(Path::new("some.pos")).unwrap();
        for length in [LONG_LIST, 0] {
            File::options().write(true).open(&path).unwrap().set_len(length as u64).unwrap();
            assert!(file.read_bytes(0..LONG_LIST + 1).is_err());
        }
    }
}
