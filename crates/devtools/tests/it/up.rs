use std::net::TcpListener;

use tempfile::tempdir;

use crate::support::{promptforge_dev, stderr};

#[tokio::test]
async fn a_port_in_use_is_named_with_who_uses_it_before_anything_starts() {
    let dir = tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let output = promptforge_dev(["up", "--state-dir"])
        .arg(dir.path())
        .arg(format!("--port=prompt={port}"))
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let (said, pid) = (stderr(&output), std::process::id());
    assert!(said.contains(&format!("port {port} is in use by ")), "{said}");
    assert!(said.contains(&format!("(pid {pid}), and prompt needs it")), "{said}");
    assert!(!dir.path().join("postgres").exists() && !dir.path().join("stack.json").exists());
}

#[tokio::test]
async fn ports_that_cannot_be_are_refused_before_anything_starts() {
    let dir = tempdir().unwrap();
    for args in [["--port-base=65533", "--detach"], ["--port=user=9000", "--port=gateway=9000"]] {
        let output = promptforge_dev(["up", "--state-dir"])
            .arg(dir.path())
            .args(args)
            .output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", stderr(&output));
    }
}
