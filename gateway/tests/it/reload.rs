//! New addresses of services while the gateway runs.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use gateway::Config;
use http_kit::config::Env;
use rustix::process::{Signal, getpid, kill_process};
use testkit::{INTERNAL_TOKEN, TestApp, eventually};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    fake::{Fake, Manner},
    support::NOWHERE,
};

fn settings(file: &Path) -> Vec<(String, String)> {
    let file = file.to_str().unwrap().to_owned();
    let services = ["USER", "PROMPT", "TEST", "MARKETPLACE", "ANALYTICS"];
    let urls = services.map(|name| (format!("{name}_SERVICE_URL"), NOWHERE.to_owned()));
    let others = [("INTERNAL_TOKEN", INTERNAL_TOKEN.to_owned()), ("SERVICES_FILE", file)];
    let others = others.map(|(name, value)| (name.to_owned(), value));
    urls.into_iter().chain(others).collect()
}

#[tokio::test]
async fn addresses_are_read_again_at_a_hangup_and_no_read_fails() {
    // Without any handler a signal that comes too early would end the tests.
    let _handler = signal(SignalKind::hangup()).unwrap();
    let (old, new) = (Fake::start(Manner::Well).await, Fake::start(Manner::Well).await);
    let file = tempfile::NamedTempFile::new().unwrap();
    let point_to = |url: &str| fs::write(&file, format!("PROMPT_SERVICE_URL={url}\n")).unwrap();
    point_to(&old.url);
    let app = TestApp::start(settings(file.path()), Config::read, gateway::run).await;
    let client = app.anonymous();
    client.get("/prompts/public").await.expect(200);

    let done = Arc::new(AtomicBool::new(false));
    let (loading, until) = (app.anonymous(), done.clone());
    let load = tokio::spawn(async move {
        while !until.load(Ordering::Relaxed) {
            loading.get("/prompts/public").await.expect(200);
        }
    });
    point_to(&new.url);
    eventually("the new address to be used", || async {
        kill_process(getpid(), Signal::HUP).unwrap();
        client.get("/prompts/public").await.expect(200);
        (new.requests() > 0).then_some(())
    })
    .await;
    // A mistake changes nothing.
    fs::write(&file, "PROMPT_SERVICE_URL=nonsense\n").unwrap();
    kill_process(getpid(), Signal::HUP).unwrap();
    let before = new.requests();
    for _ in 0..20 {
        client.get("/prompts/public").await.expect(200);
    }
    assert!(new.requests() >= before + 20);
    done.store(true, Ordering::Relaxed);
    load.await.unwrap();
}

#[test]
fn a_file_with_a_mistake_is_named_at_the_start() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, "PROMPT_SERVICE_URL=https://prompt\nPORT=1\n").unwrap();
    let mut env = Env::with(settings(file.path()));
    let config = Config::read(&mut env);
    let error = env.finish(config).err().unwrap().to_string();
    for part in ["SERVICES_FILE", "line 1", "line 2"] {
        assert!(error.contains(part), "{error}");
    }
}
