//! Indexes on disk: kept, and replaced by an empty one where they are broken.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use search::{Change, Index};
use uuid::Uuid;

use super::support::{ids, keyword, put, titled};

/// Makes an index of some commits in a directory.
fn fill(directory: &Path) {
    let (index, mut writer) = Index::open(directory).unwrap();
    assert_eq!(writer.position(), None);
    let documents = (1..=30).map(|id| put(titled(id, &format!("Boat number {id}"))));
    writer.apply(documents).unwrap();
    writer.commit("at first").unwrap();
    writer.apply([Change::Remove(Uuid::from_u128(3))]).unwrap();
    writer.commit("at last").unwrap();
    assert_eq!(index.len(), 29);
}

#[test]
fn an_index_keeps_its_documents_and_its_position() {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path());
    let (index, mut writer) = Index::open(directory.path()).unwrap();
    assert_eq!(writer.position().as_deref(), Some("at last"));
    assert_eq!(ids(&index, &keyword("boat")).len(), 29);
    assert!(Index::open(directory.path()).is_err(), "two writers");
    assert_eq!(ids(&index, &keyword("boat")).len(), 29);

    // What is not committed is not kept.
    writer.apply([put(titled(99, "Boat"))]).unwrap();
    drop((index, writer));
    let (index, mut writer) = Index::open(directory.path()).unwrap();
    assert_eq!(index.len(), 29);
    writer.clear().unwrap();
    writer.commit("cleared").unwrap();
    assert!(index.is_empty());
}

#[test]
fn an_index_is_kept_when_the_system_does_not_let_it_be_read() {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path());
    let file = directory.path().join("meta.json");
    let kept = directory.path().join("kept");
    let stores = files(directory.path())
        .into_iter()
        .filter(|path| path.extension() == Some("store".as_ref()));
    for name in stores.chain([file]) {
        fs::rename(&name, &kept).unwrap();
        // Links in a circle stand for the errors of a system that is short of something.
        std::os::unix::fs::symlink(&name, &name).unwrap();
        assert!(Index::open(directory.path()).is_err());
        fs::rename(&kept, &name).unwrap();
    }
    let (index, writer) = Index::open(directory.path()).unwrap();
    assert_eq!((index.len(), writer.position().as_deref()), (29, Some("at last")));
}

#[test]
fn lists_that_the_disk_does_not_give_are_an_error_of_the_search() {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path());
    let (index, _writer) = Index::open(directory.path()).unwrap();
    for (extension, words) in [("pos", "\"boat number\""), ("idx", "boat")] {
        assert!(index.search(&keyword(words)).is_ok());
        for file in files(directory.path()) {
            if file.extension() == Some(extension.as_ref()) {
                fs::File::options().write(true).open(file).unwrap().set_len(0).unwrap();
            }
        }
        assert!(index.search(&keyword(words)).is_err(), "{extension}");
    }
}

#[test]
fn words_of_deleted_documents_leave_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let (index, mut writer) = Index::open(directory.path()).unwrap();
    writer.apply((1..=30).map(|id| put(titled(id, "Boat")))).unwrap();
    writer.apply([put(titled(99, "Xylophone"))]).unwrap();
    writer.commit("at first").unwrap();
    writer.apply([Change::Remove(Uuid::from_u128(99))]).unwrap();
    writer.commit("at last").unwrap();
    let is_on_disk = || {
        files(directory.path()).iter().any(|path| {
            fs::read(path)
                .unwrap()
                .windows(9)
                .any(|window| window.eq_ignore_ascii_case(b"xylophone"))
        })
    };
    assert!(is_on_disk());
    writer.force_merge_deletes();
    let end = Instant::now() + Duration::from_secs(60);
    while is_on_disk() {
        assert!(Instant::now() < end, "still on disk");
        writer.commit("later").unwrap();
    }
    assert_eq!(index.len(), 30);
}

#[test]
fn a_cleared_index_keeps_nothing_that_was_not_committed() {
    let (index, mut writer) = Index::in_memory().unwrap();
    let documents = || (1..=300).map(|id| put(titled(id, "Boat")));
    writer.apply(documents()).unwrap();
    writer.commit("1").unwrap();
    for round in 0..3 {
        writer.apply(documents()).unwrap();
        writer.clear().unwrap();
        writer.apply([put(titled(9_000 + round, "Ship"))]).unwrap();
        writer.commit("2").unwrap();
        assert_eq!((index.len(), ids(&index, &keyword("ship"))), (1, vec![9_000 + round]));
    }
}

#[test]
fn an_index_with_flipped_bytes_is_whole_or_begun_empty() {
    let whole = tempfile::tempdir().unwrap();
    fill(whole.path());
    fs::write(whole.path().join("notes.txt"), "another's").unwrap();
    for file in files(whole.path()) {
        let bytes = fs::read(&file).unwrap();
        let step = (bytes.len() / 5).max(1);
        for at in (0..bytes.len()).step_by(step) {
            let directory = copy(whole.path());
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x15;
            fs::write(directory.path().join(file.file_name().unwrap()), flipped).unwrap();
            check(directory.path(), &format!("{} at {at}", file.display()));
        }
        for length in [0, bytes.len() / 2] {
            let directory = copy(whole.path());
            fs::write(directory.path().join(file.file_name().unwrap()), &bytes[..length]).unwrap();
            check(directory.path(), &format!("{} cut to {length}", file.display()));
        }
        let directory = copy(whole.path());
        fs::remove_file(directory.path().join(file.file_name().unwrap())).unwrap();
        check(directory.path(), &format!("{} removed", file.display()));
    }
}

/// Checks that the index is whole, with its position, or empty and without one; and that it works.
fn check(directory: &Path, what: &str) {
    let (index, mut writer) =
        Index::open(directory).unwrap_or_else(|error| panic!("{what}: {error}"));
    let found = ids(&index, &keyword("boat")).len();
    match writer.position().as_deref() {
        Some("at last") => assert_eq!(found, 29, "{what}"),
        Some(position) => panic!("{what}: {position}"),
        None => assert_eq!((found, index.len()), (0, 0), "{what}"),
    }
    writer.apply([put(titled(50, "Another boat"))]).unwrap();
    writer.commit("again").unwrap();
    assert_eq!(ids(&index, &keyword("another boat"))[0], 50, "{what}");
    assert!(directory.join("notes.txt").exists(), "{what}");
}

/// Returns the files of an index, without its locks.
fn files(directory: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| !path.to_string_lossy().ends_with(".lock") && !path.ends_with("notes.txt"))
        .collect()
}

fn copy(directory: &Path) -> tempfile::TempDir {
    let copied = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, copied.path().join(path.file_name().unwrap())).unwrap();
    }
    copied
}
