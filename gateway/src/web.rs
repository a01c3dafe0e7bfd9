//! The web client: the files of `WEB_DIR`, and one page for all of the client's addresses.
//!
//! The directory is read into memory, within bounds, and again when a new build was put there. What an open tab
//! of the build before still loads is answered for one more build. Whatever path a request has, it is looked up
//! among names that were read: no request reaches the file system.
//!
//! - [`build`]: a build of the client in memory. [`listing`]: what the directory holds.
//! - [`mod@file`]: the answer with a file. [`page`]: the answer with `index.html`.
//! - [`navigation`]: which requests are answered with the page.

mod build;
mod file;
mod listing;
mod navigation;
mod page;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::{HeaderValue, Method, header};
use http_kit::{ApiError, app::route_not_found, config::Env};

use self::{build::Build, listing::Listing};

const SETTING: &str = "WEB_DIR";

/// The headers that decide whether a path is answered with the page.
const VARY: HeaderValue = HeaderValue::from_static("accept, sec-fetch-mode");

/// The web client.
pub struct Web {
    dir: PathBuf,
    build: RwLock<Arc<Build>>,
    looks: Mutex<Looks>,
}

/// The states of the directory that were seen.
struct Looks {
    /// When it was last looked at.
    last: Listing,
    /// When it was last read, whether or not that could be used.
    read: Listing,
}

impl Web {
    /// Reads `WEB_DIR`, and the directory that it names.
    pub fn read(env: &mut Env) -> Option<Arc<Self>> {
        let dir = PathBuf::from(env.optional(SETTING)?);
        Self::new(dir).map_err(|problem| env.problem(SETTING, &problem)).map(Arc::new).ok()
    }

    fn new(dir: PathBuf) -> Result<Self, String> {
        let listing = Listing::read(&dir)?;
        let build = Build::read(&dir, &listing)?;
        let looks = Looks { last: listing.clone(), read: listing };
        Ok(Self { dir, build: RwLock::new(Arc::new(build)), looks: Mutex::new(looks) })
    }

    /// Looks at the directory, and reads a build that is new and stayed the same between two looks: a build
    /// is written file by file. One that cannot be used changes nothing, and is logged once.
    pub fn reload(&self) {
        let listing = Listing::read(&self.dir).unwrap_or_default();
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let is_settled = looks.last == listing;
        looks.last = listing;
        if !is_settled || looks.last == looks.read {
            return;
        }
        looks.read = looks.last.clone();
        match Build::read(&self.dir, &looks.read) {
            Ok(build) => {
                let mut current = self.build.write().unwrap_or_else(PoisonError::into_inner);
                *current = Arc::new(build.after(&current));
                tracing::info!("a new build of the web client is served");
            }
            Err(problem) => {
                tracing::error!("the web client stays as it was: {SETTING} {problem}");
            }
        }
    }

    fn build(&self) -> Arc<Build> {
        self.build.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the file at the path of a request, or the page.
    fn answer(&self, request: &Request) -> Option<Response> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let build = self.build();
        if let Some(file) = build.file(request.uri().path()) {
            return Some(file.answer(request));
        }
        if !navigation::is_for_page(request) {
            return None;
        }
        let mut response = build.page().answer(request);
        response.headers_mut().insert(header::VARY, VARY);
        Some(response)
    }
}

/// Returns the routes of `/`, and of every path that nothing else names. Without a web client `/` leads to the
/// API descriptions, which is also what a program sees there that does not ask for a page.
pub fn router(web: Option<Arc<Web>>) -> Router {
    let Some(web) = web else {
        return Router::new().route("/", get(api_descriptions)).fallback(route_not_found);
    };
    let at_root = web.clone();
    let root = async move |request: Request| match at_root.answer(&request) {
        Some(response) => response,
        None => ([(header::VARY, VARY)], api_descriptions().await).into_response(),
    };
    let elsewhere = async move |request: Request| match web.answer(&request) {
        Some(response) => Ok(response),
        None => Err::<_, ApiError>(route_not_found().await.with_header(header::VARY, VARY)),
    };
    Router::new().route("/", get(root)).fallback(elsewhere)
}

async fn api_descriptions() -> Redirect {
    Redirect::temporary("/swagger-ui/")
}
