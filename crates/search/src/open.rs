//! Opens an index, or replaces it by an empty one where it cannot be used.

use std::{fs, io, path::Path};

use tantivy::{Index, IndexReader, ReloadPolicy, TantivyError, directory::MmapDirectory};

use crate::{
    OpenError, SearchError,
    error::{broken, guard},
    lines, position,
    schema::Fields,
    snapshot::Snapshot,
};

/// An index that was opened, and the snapshot of its last commit.
pub struct Opened {
    pub index: Index,
    pub reader: IndexReader,
    pub snapshot: Snapshot,
    pub position: Option<String>,
}

/// Opens the index in a directory. One that is broken or of another format is deleted.
pub fn open(directory: &Path, fields: &Fields) -> Result<Opened, OpenError> {
    let failed = |reason: String| OpenError { directory: directory.display().to_string(), reason };
    fs::create_dir_all(directory).map_err(|error| failed(error.to_string()))?;
    match guard(|| try_open(directory, fields)) {
        Ok(opened) => return Ok(opened),
        Err(error) => {
            tracing::warn!(directory = %directory.display(), %error, "search index replaced by an empty one")
        }
    }
    delete(directory).map_err(|error| failed(error.to_string()))?;
    guard(|| try_open(directory, fields)).map_err(|error| failed(error.to_string()))
}

/// Creates an index in memory.
pub fn in_memory(fields: &Fields) -> Result<Opened, OpenError> {
    let failed =
        |error: SearchError| OpenError { directory: "memory".into(), reason: error.to_string() };
    read(Index::create_in_ram(fields.schema.clone()), fields).map_err(failed)
}

fn try_open(directory: &Path, fields: &Fields) -> Result<Opened, SearchError> {
    let directory = MmapDirectory::open(directory).map_err(broken)?;
    let index = Index::open_or_create(directory, fields.schema.clone()).map_err(broken)?;
    let damaged = index.validate_checksum().map_err(broken)?;
    if let Some(file) = damaged.iter().next() {
        return Err(SearchError::Broken(format!("{} has another checksum", file.display())));
    }
    read(index, fields)
}

fn read(index: Index, fields: &Fields) -> Result<Opened, SearchError> {
    lines::register(&index);
    let position = position::decode(&index.load_metas().map_err(broken)?)?;
    let reader: Result<IndexReader, TantivyError> =
        index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
    let reader = reader.map_err(broken)?;
    let snapshot = Snapshot::new(&reader.searcher(), fields, &Snapshot::default())?;
    Ok(Opened { index, reader, snapshot, position })
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
