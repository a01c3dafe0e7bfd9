//! A build of the web client in memory.

use std::{collections::HashMap, fs, path::Path, sync::Arc};

use super::{file::File, listing::Listing, navigation::ASSETS, page::Page};

/// The most bytes of a build, with its compressed files.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

const INDEX: &str = "/index.html";

type Files = HashMap<String, Arc<File>>;

/// A build: its page and its files.
pub struct Build {
    page: Page,
    files: Files,
    /// Assets of the build before that this one does not have: tabs that are open still load them.
    earlier: Files,
}

impl Build {
    /// Reads the files of a listing. A file `x.br` or `x.gz` beside `x` is `x` compressed.
    ///
    /// # Errors
    /// Says what is wrong with the files.
    pub fn read(dir: &Path, listing: &Listing) -> Result<Self, String> {
        if !listing.contains(INDEX) {
            return Err("has no index.html".to_owned());
        }
        if listing.bytes() > MAX_BYTES {
            return Err(format!("holds more than {} MiB", MAX_BYTES / 1024 / 1024));
        }
        let html = String::from_utf8(read(dir, INDEX)?);
        let page =
            Page::parse(&html.map_err(|_| "has an index.html that is not UTF-8".to_owned())?);
        let mut files = Files::new();
        for path in listing.paths() {
            // The page is the only HTML: its policy is strict, and has its nonce.
            if path.ends_with(".html") || is_compressed(path, listing) {
                continue;
            }
            let compressed = |ending: &str| {
                let path = format!("{path}{ending}");
                listing.contains(&path).then(|| read(dir, &path)).transpose()
            };
            let (brotli, gzip) = (compressed(".br")?, compressed(".gz")?);
            let file = File::new(path, read(dir, path)?, brotli, gzip);
            files.insert(path.to_owned(), Arc::new(file));
        }
        Ok(Self { page, files, earlier: Files::new() })
    }

    /// Keeps the assets of the build before this one.
    #[must_use]
    pub fn after(mut self, before: &Self) -> Self {
        let gone = before
            .files
            .iter()
            .filter(|(path, _)| path.starts_with(ASSETS) && !self.files.contains_key(*path));
        self.earlier = gone.map(|(path, file)| (path.clone(), file.clone())).collect();
        if self.earlier.is_empty() {
            // The same build, written once more.
            self.earlier = before.earlier.clone();
        }
        self
    }

    pub fn page(&self) -> &Page {
        &self.page
    }

    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.get(path).or_else(|| self.earlier.get(path)).map(Arc::as_ref)
    }
}

/// Tells whether a file is another one compressed.
fn is_compressed(path: &str, listing: &Listing) -> bool {
    let original = path.strip_suffix(".br").or_else(|| path.strip_suffix(".gz"));
    original.is_some_and(|original| listing.contains(original))
}

fn read(dir: &Path, path: &str) -> Result<Vec<u8>, String> {
    fs::read(dir.join(path.trim_start_matches('/')))
        .map_err(|error| format!("has a file that cannot be read: {path}: {error}"))
}
