//! The accidents that happen to the index of the first instance.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, ensure};
use tokio::time::sleep;

use super::environment::Environment;
use crate::seed::rng::Rng;

/// The bytes that are flipped in each file.
const FLIPS: usize = 3;

/// Flips some bytes in each file of the index: under the running instance, which is then started again, or while
/// it is stopped.
///
/// # Errors
/// When there is no index, or the instance does not start.
pub async fn flip_bytes(
    environment: &mut Environment,
    rng: &mut Rng,
    while_running: bool,
) -> anyhow::Result<()> {
    if !while_running {
        environment.kill_first().await?;
    }
    let files = files(&environment.first_index())?;
    ensure!(!files.is_empty(), "there is no index in {}", environment.first_index().display());
    for path in files {
        // A file may go meanwhile, as the index is written.
        let Ok(file) = OpenOptions::new().read(true).write(true).open(&path) else { continue };
        let length = file.metadata()?.len();
        for _ in 0..FLIPS.min(length as usize) {
            let (at, mut byte) = (rng.below(length as usize) as u64, [0]);
            file.read_exact_at(&mut byte, at)?;
            file.write_all_at(&[!byte[0]], at)?;
        }
    }
    if while_running {
        sleep(Duration::from_secs(5)).await;
        environment.kill_first().await?;
    }
    environment.start_first().await
}

/// Returns the files of a directory.
fn files(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(paths.filter(|path| path.is_file()).collect())
}

/// Fills the file system of the indexes up for a time, kills the instance meanwhile, and makes room again.
///
/// # Errors
/// When the instance does not start.
pub async fn fill_disk(environment: &mut Environment, time: Duration) -> anyhow::Result<()> {
    let filler = environment.search_dir().join("filler");
    let mut file = fs::File::create(&filler)?;
    let block = vec![0; 4096];
    loop {
        match file.write_all(&block) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::StorageFull => break,
            Err(error) => return Err(error).context("cannot fill the disk up"),
        }
    }
    sleep(time).await;
    environment.kill_first().await?;
    environment.start_first().await?;
    sleep(time).await;
    fs::remove_file(&filler)?;
    Ok(())
}
