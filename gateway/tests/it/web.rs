//! The web client: which requests are answered with the page, and how its files are served.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use axum::http::Method;
use gateway::LimitClock;
use tempfile::TempDir;
use testkit::{Answer, Client, TestApp, raw::exchange};

use crate::support::{StandIn, gateway, gateway_with};

/// What browsers send when someone goes to an address.
pub const NAVIGATION: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn script() -> String {
    "console.log('a line of the client');\n".repeat(100)
}

pub fn write(dir: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Writes a build of which each compressed file says which one it is.
pub fn write_build(dir: &Path) {
    let page = "<!doctype html><meta property=csp-nonce nonce=__CSP_NONCE__><title>Client</title>";
    write(
        dir,
        &[
            ("index.html", page),
            ("other.html", "<script>alert(1)</script>"),
            ("theme.js", "document.documentElement.dataset.theme = 'dark'"),
            ("icon.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
            ("assets/app-1a2b.js", &script()),
            ("assets/app-1a2b.js.br", "br of app"),
            ("assets/app-1a2b.js.gz", "gzip of app"),
            ("assets/app-1a2b.css", &"a { color: red }\n".repeat(100)),
            (".env", "SECRET=1"),
            ("assets/.hidden.js", "hidden"),
            ("assets/a b.js", "with a space"),
        ],
    );
}

pub struct Served {
    /// The directory in which that of the client is.
    home: TempDir,
    pub gateway: TestApp,
    /// Answers while it is there.
    _prompts: StandIn,
}

pub async fn serve() -> Served {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("web");
    write_build(&dir);
    write(home.path(), &[("outside.js", "outside"), ("outside/secret.js", "outside")]);
    symlink(home.path().join("outside.js"), dir.join("assets/link.js")).unwrap();
    symlink(home.path().join("outside"), dir.join("assets/linked")).unwrap();
    let prompts = StandIn::echo().await;
    let settings = [("WEB_DIR", dir.to_str().unwrap()), ("RATE_LIMIT_READS", "1/min")];
    let gateway = gateway_with(&[("PROMPT", &prompts.url)], &settings, LimitClock::default()).await;
    Served { home, gateway, _prompts: prompts }
}

impl Served {
    pub fn dir(&self) -> PathBuf {
        self.home.path().join("web")
    }

    pub fn browser(&self) -> Client {
        self.gateway.anonymous().with_header("accept", NAVIGATION)
    }

    fn taking(&self, codings: &str) -> Client {
        self.gateway.anonymous().with_header("accept-encoding", codings)
    }
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

async fn head(client: &Client, path: &str) -> Answer {
    client.try_call(Method::HEAD, path, None::<&()>).await.unwrap()
}

#[tokio::test]
async fn every_address_of_the_client_is_the_page_for_a_browser_that_goes_there() {
    let served = serve().await;
    for path in ["/", "/explore", "/p/019a/edit?tab=versions", "/u/ada.l", "/index.html"] {
        let answer = served.browser().with_header("sec-fetch-mode", "navigate").get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text.contains("<title>Client"), "{path}: {}", answer.text);
        assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&answer, "cache-control"), "no-cache");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        assert_eq!(header(&answer, "referrer-policy"), "no-referrer");
        assert!(header(&answer, "vary").contains("accept, sec-fetch-mode"), "{path}");
        // The nonce of an earlier answer would not be that of its policy.
        assert!(!answer.headers.contains_key("etag"));
    }
    assert_eq!(served.browser().get("/explore").await.status, 200, "without Sec-Fetch-Mode");
}

#[tokio::test]
async fn each_page_has_a_nonce_of_its_own_in_a_policy_that_runs_only_its_own_scripts() {
    let served = serve().await;
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let answer = served.browser().get("/").await;
        let policy = header(&answer, "content-security-policy").to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(nonce.len() >= 22, "128 bits: {nonce}");
        assert!(answer.text.contains(&format!("nonce={nonce}>")), "{}", answer.text);
        for rule in ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{rule} in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
    // Swagger UI, which styles its elements in place, has a policy of its own.
    let swagger = served.browser().get("/swagger-ui/").await;
    assert!(header(&swagger, "content-security-policy").contains("'unsafe-inline'"));
}

#[tokio::test]
async fn what_is_no_navigation_gets_a_problem_and_never_html() {
    let served = serve().await;
    let program = served.gateway.anonymous();
    program.get("/explore").await.expect_problem(404, "ROUTE_NOT_FOUND");
    for mode in ["cors", "no-cors", "same-origin"] {
        let fetched = served.browser().with_header("sec-fetch-mode", mode).get("/explore").await;
        assert!(header(&fetched, "vary").contains("sec-fetch-mode"));
        fetched.expect_problem(404, "ROUTE_NOT_FOUND");
    }
    served.browser().post("/explore", ()).await.expect_problem(404, "ROUTE_NOT_FOUND");
    served.browser().post("/", ()).await.expect_problem(405, "METHOD_NOT_ALLOWED");
    // A program that asks for no page is led to the descriptions, as it is where there is no client.
    let root = program.get("/").await;
    assert!(root.text.contains("swagger-ui"), "{}", root.text);
}

#[tokio::test]
async fn paths_of_the_api_stay_the_apis_for_a_browser_too() {
    let served = serve().await;
    let navigating = served.browser().with_header("sec-fetch-mode", "navigate");
    assert_eq!(navigating.get("/prompts/public").await.expect(200)["target"], "/prompts/public");
    let health = served.browser().get("/health/live").await;
    assert_eq!(header(&health, "content-type"), "application/json");
    for path in [
        "/api/nothing",
        "/internal/prompts/1",
        "/api-docs/nothing.json",
        "/health/nothing",
        "/assets/gone-9z9z.js",
        "/assets/",
        "/assets",
        "/.env",
        "/.git/config",
        "/assets/.hidden.js",
    ] {
        let answer = served.browser().get(path).await;
        assert!(!answer.text.contains("SECRET") && !answer.text.contains("hidden.js'"), "{path}");
        answer.expect_problem(404, "ROUTE_NOT_FOUND");
    }
}

#[tokio::test]
async fn only_plain_files_of_the_directory_itself_are_served() {
    let served = serve().await;
    let program = served.gateway.anonymous();
    for path in [
        "/assets/link.js",
        "/assets/linked/secret.js",
        "/other.html",
        "/index.html",
        "/assets/app-1a2b.js.br",
        "/assets/a%20b.js",
        "/ASSETS/app-1a2b.js",
        "/assets/app-1a2b%2Ejs",
    ] {
        program.get(path).await.expect_problem(404, "ROUTE_NOT_FOUND");
    }
    let long = format!("/assets/{}", "x".repeat(9000));
    for path in [
        "/assets/../../outside.js",
        "/assets/..%2f..%2foutside.js",
        "/assets/%2e%2e/outside.js",
        "/assets/app-1a2b.js%00",
        "//assets/app-1a2b.js",
        &long,
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let (status, body) = exchange(&served.gateway.url, request.as_bytes()).await;
        assert_eq!(status, 400, "{path}: {body}");
    }
}

#[tokio::test]
async fn hashed_files_are_kept_for_good_and_others_are_asked_for_each_time() {
    let served = serve().await;
    let program = served.gateway.anonymous();
    for (path, kind, kept) in [
        ("/assets/app-1a2b.js", "text/javascript; charset=utf-8", true),
        ("/assets/app-1a2b.css", "text/css; charset=utf-8", true),
        ("/theme.js", "text/javascript; charset=utf-8", false),
        ("/icon.svg", "image/svg+xml", false),
    ] {
        let answer = program.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), header(&answer, "content-type")),
            (200, kind),
            "{path}"
        );
        let expected = if kept { "public, max-age=31536000, immutable" } else { "no-cache" };
        assert_eq!(header(&answer, "cache-control"), expected, "{path}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        let length = answer.text.len().to_string();
        let head = head(&program, path).await;
        assert_eq!((header(&head, "content-length"), head.text.as_str()), (length.as_str(), ""));
        assert_eq!(header(&head, "etag"), header(&answer, "etag"));
    }
    let page = head(&served.browser(), "/explore").await;
    assert_eq!((page.status.as_u16(), page.text.as_str()), (200, ""));
    // Signing in changes nothing: the files are the same for everyone.
    let signed_in = program.with_header("cookie", "a=b").get("/assets/app-1a2b.js").await;
    assert!(header(&signed_in, "cache-control").contains("immutable"));
}

#[tokio::test]
async fn a_file_goes_out_as_the_build_compressed_it() {
    let served = serve().await;
    let path = "/assets/app-1a2b.js";
    for (accepted, coding, text) in [
        ("gzip, deflate, br, zstd", "br", "br of app".to_owned()),
        ("gzip", "gzip", "gzip of app".to_owned()),
        ("br;q=0, gzip", "gzip", "gzip of app".to_owned()),
        ("identity", "", script()),
    ] {
        let answer = served.taking(accepted).get(path).await;
        assert_eq!((header(&answer, "content-encoding"), answer.text.as_str()), (coding, &*text));
        assert!(header(&answer, "vary").contains("accept-encoding"), "{accepted}");
    }
    assert_eq!(served.gateway.anonymous().get(path).await.text, script());
    // What the build did not compress is compressed as it passes.
    let style = served.taking("gzip").get("/assets/app-1a2b.css").await;
    assert_eq!(header(&style, "content-encoding"), "gzip");
}

#[tokio::test]
async fn a_file_that_the_client_has_is_not_sent_again_in_any_coding() {
    let served = serve().await;
    let mut tags = Vec::new();
    for accepted in ["br", "gzip", "identity"] {
        let client = served.taking(accepted);
        let tag = header(&client.get("/assets/app-1a2b.js").await, "etag").to_owned();
        assert!(tag.starts_with('"') && !tags.contains(&tag), "{tag} in {tags:?}");
        for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
            let again =
                client.with_header("if-none-match", &known).get("/assets/app-1a2b.js").await;
            assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{known}");
            assert!(header(&again, "cache-control").contains("immutable"));
        }
        let again = client.with_header("if-none-match", &tag).get("/assets/app-1a2b.js").await;
        assert_eq!(header(&again, "etag"), tag, "a cache finds its answer by it");
        let other = client.with_header("if-none-match", "\"other\"");
        assert_eq!(other.get("/assets/app-1a2b.js").await.status, 200);
        tags.push(tag);
    }
}

#[tokio::test]
async fn pages_and_files_cost_nothing_of_the_limits_of_the_api() {
    let served = serve().await;
    for _ in 0..20 {
        let file = served.gateway.anonymous().get("/assets/app-1a2b.js").await;
        assert!(file.status == 200 && !file.headers.contains_key("ratelimit"));
        assert_eq!(served.browser().get("/explore").await.status, 200);
    }
    served.gateway.anonymous().get("/prompts/public").await.expect(200);
    let refused = served.gateway.anonymous().get("/prompts/public").await;
    refused.expect_problem(429, "TOO_MANY_REQUESTS");
}

#[tokio::test]
async fn without_a_client_the_root_leads_to_the_descriptions_and_nothing_else_is_there() {
    let gateway = gateway(&[]).await;
    let browser = gateway.anonymous().with_header("accept", NAVIGATION);
    assert!(browser.get("/").await.text.contains("swagger-ui"));
    browser.get("/explore").await.expect_problem(404, "ROUTE_NOT_FOUND");
}
