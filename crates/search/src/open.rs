//! Opens an index, or replaces it by an empty one where it cannot be used.

use std::{fs, io, path::Path};

use tantivy::{
    Directory, Index, IndexReader, ReloadPolicy, TantivyError,
    directory::{
        MmapDirectory,
        error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError},
    },
};

use crate::{
    OpenError, SearchError, directory::IndexDirectory, error::guard, lines, position,
    schema::Fields, snapshot::Snapshot,
};

/// An index that was opened, and the snapshot of its last commit.
pub struct Opened {
    pub index: Index,
    pub reader: IndexReader,
    pub snapshot: Snapshot,
    pub position: Option<String>,
}

/// Why an index was not opened.
struct Failure {
    reason: String,
    /// Whether the operating system refused to read a file, as where a process has too many open. The index
    /// may then be sound.
    is_of_system: bool,
}

/// Opens the index in a directory. One that is broken or of another format is deleted.
pub fn open(directory: &Path, fields: &Fields) -> Result<Opened, OpenError> {
    let failed = |reason: String| OpenError { directory: directory.display().to_string(), reason };
    fs::create_dir_all(directory).map_err(|error| failed(error.to_string()))?;
    match caught(|| try_open(directory, fields)) {
        Ok(opened) => return Ok(opened),
        Err(failure) if failure.is_of_system => return Err(failed(failure.reason)),
        Err(Failure { reason, .. }) => {
            tracing::warn!(directory = %directory.display(), reason, "search index replaced by an empty one")
        }
    }
    delete(directory).map_err(|error| failed(error.to_string()))?;
    caught(|| try_open(directory, fields)).map_err(|failure| failed(failure.reason))
}

/// Creates an index in memory.
pub fn in_memory(fields: &Fields) -> Result<Opened, OpenError> {
    let failed =
        |failure: Failure| OpenError { directory: "memory".into(), reason: failure.reason };
    read(Index::create_in_ram(fields.schema.clone()), fields).map_err(failed)
}

fn caught(open: impl FnOnce() -> Result<Opened, Failure>) -> Result<Opened, Failure> {
    guard(|| Ok(open())).unwrap_or_else(|panic| Err(panic.into()))
}

fn try_open(directory: &Path, fields: &Fields) -> Result<Opened, Failure> {
    let open = |directory: Box<dyn Directory>| -> Result<Index, TantivyError> {
        Index::open_or_create(directory, fields.schema.clone())
    };
    // Checksums are of whole files, which would be copied if they were not mapped.
    let mapped = MmapDirectory::open(directory).map_err(TantivyError::from)?;
    let damaged = open(Box::new(mapped))?.validate_checksum()?;
    if let Some(file) = damaged.iter().next() {
        let reason = format!("{} has another checksum", file.display());
        return Err(SearchError::Broken(reason).into());
    }
    let directory = IndexDirectory::open(directory).map_err(TantivyError::from)?;
    read(open(Box::new(directory))?, fields)
}

fn read(index: Index, fields: &Fields) -> Result<Opened, Failure> {
    lines::register(&index);
    let position = position::decode(&index.load_metas()?)?;
    let reader: Result<IndexReader, TantivyError> =
        index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
    let reader = reader?;
    let snapshot = Snapshot::new(&reader.searcher(), fields, &Snapshot::default())?;
    Ok(Opened { index, reader, snapshot, position })
}

impl From<SearchError> for Failure {
    fn from(error: SearchError) -> Self {
        Self { reason: error.to_string(), is_of_system: false }
    }
}

impl From<TantivyError> for Failure {
    fn from(error: TantivyError) -> Self {
        // What the engine makes of bytes that it cannot read has no number of the system.
        let is_of_system = io_error(&error).is_some_and(|error| {
            error.raw_os_error().is_some() && error.kind() != io::ErrorKind::NotFound
        });
        Self { reason: error.to_string(), is_of_system }
    }
}

fn io_error(error: &TantivyError) -> Option<&io::Error> {
    match error {
        TantivyError::IoError(error)
        | TantivyError::OpenReadError(OpenReadError::IoError { io_error: error, .. })
        | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: error, .. })
        | TantivyError::OpenDirectoryError(OpenDirectoryError::IoError {
            io_error: error, ..
        })
        | TantivyError::LockFailure(LockError::IoError(error), _) => Some(error),
        _ => None,
    }
}

/// Deletes the files of an index, and no others that are in its directory.
fn delete(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if is_of_index(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn is_of_index(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let segment = name.split('.').next().unwrap_or_default();
    let is_segment = segment.len() == 32 && segment.bytes().all(|byte| byte.is_ascii_hexdigit());
    path.is_file() && (is_segment || matches!(name, "meta.json" | ".managed.json"))
}
