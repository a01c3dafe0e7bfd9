//! New builds of the web client while the gateway runs, and directories that hold none.

use std::fs::{self, File};

use gateway::Config;
use http_kit::config::Env;
use rustix::process::{Signal, getpid, kill_process};
use testkit::eventually;
use tokio::signal::unix::{SignalKind, signal};

use crate::web::{Served, serve, write};

/// Puts up a build with one script, as `vite build` does: the directory is emptied first.
fn put_up(served: &Served, name: &str) {
    let dir = served.dir();
    fs::remove_dir_all(dir.join("assets")).unwrap();
    let script = format!("assets/{name}.js");
    write(&dir, &[(&script, name), ("index.html", &format!("<title>{name}</title>"))]);
}

async fn wait_until_served(served: &Served, name: &str) {
    eventually("the new build to be served", || async {
        served.browser().get("/").await.text.contains(name).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_new_build_is_served_and_tabs_of_the_one_before_still_get_their_files() {
    let served = serve().await;
    let program = served.gateway.anonymous();
    put_up(&served, "second");
    wait_until_served(&served, "second").await;
    assert_eq!(program.get("/assets/second.js").await.text, "second");
    let earlier = program.get("/assets/app-1a2b.js").await;
    assert!(earlier.status == 200 && earlier.text.contains("a line of the client"));

    put_up(&served, "third");
    wait_until_served(&served, "third").await;
    assert_eq!(program.get("/assets/second.js").await.text, "second");
    // What is kept is bounded: the build before, and no more.
    program.get("/assets/app-1a2b.js").await.expect_problem(404, "ROUTE_NOT_FOUND");
}

#[tokio::test]
async fn a_directory_without_a_page_changes_nothing_until_there_is_one() {
    // Without any handler a signal that comes too early would end the tests.
    let _handler = signal(SignalKind::hangup()).unwrap();
    let served = serve().await;
    let index = served.dir().join("index.html");
    fs::remove_file(&index).unwrap();
    write(&served.dir(), &[("assets/half.js", "half")]);
    // Looks at the directory, of which none finds a page; how many do not matter.
    for _ in 0..50 {
        kill_process(getpid(), Signal::HUP).unwrap();
        assert!(served.browser().get("/").await.text.contains("<title>Client"));
    }
    fs::write(&index, "<title>whole</title>").unwrap();
    wait_until_served(&served, "whole").await;
    assert_eq!(served.gateway.anonymous().get("/assets/half.js").await.text, "half");
}

/// Returns what the gateway says of a directory at its start.
fn problem_with(dir: &str) -> String {
    let mut env = Env::with([("WEB_DIR", dir)]);
    let config = Config::read(&mut env);
    env.finish(config).err().unwrap().to_string()
}

#[test]
fn a_directory_that_holds_no_client_is_named_at_the_start() {
    assert!(problem_with("/nowhere/at/all").contains("WEB_DIR cannot be listed"));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    assert!(problem_with(path).contains("WEB_DIR has no index.html"));
    fs::write(dir.path().join("index.html"), b"\xff").unwrap();
    assert!(problem_with(path).contains("not UTF-8"));
    File::create(dir.path().join("film.bin")).unwrap().set_len(65 * 1024 * 1024).unwrap();
    assert!(problem_with(path).contains("more than 64 MiB"));
}

#[test]
fn a_directory_of_a_great_many_files_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..4097 {
        File::create(dir.path().join(format!("{i}.txt"))).unwrap();
    }
    assert!(problem_with(dir.path().to_str().unwrap()).contains("more than 4096 files"));
}
