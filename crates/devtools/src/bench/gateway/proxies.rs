//! The proxies under test and the upstream: programs, settings, pinning.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, bail};
use promptforge::local::StateDir;
use rustix::process::Signal;

use crate::local::{
    ports,
    program::{Probe, ProgramSpec},
};

/// The programs that the measurement starts.
const TOOLS: [&str; 4] = ["nginx", "haproxy", "wrk", "taskset"];

/// The answer of the upstream: about a kilobyte of JSON.
const ANSWER_BYTES: usize = 1024;

/// The ports of a measurement.
pub struct Ports {
    pub upstream: u16,
    pub proxies: [u16; 5],
}

impl Ports {
    /// Returns ports that are free now.
    ///
    /// # Errors
    /// When the machine has none.
    pub fn choose() -> anyhow::Result<Self> {
        let mut chosen = Vec::new();
        while chosen.len() < 6 {
            let port = ports::any_free()?;
            if !chosen.contains(&port) {
                chosen.push(port);
            }
        }
        Ok(Self { upstream: chosen[0], proxies: [1, 2, 3, 4, 5].map(|i| chosen[i]) })
    }
}

/// A proxy under test.
pub enum Kind {
    Nginx,
    Haproxy,
    /// HAProxy verifies a JWT of each request. It knows no EdDSA, so the token is signed with ES256.
    HaproxyJwt {
        public_key: String,
    },
    Pingora {
        program: PathBuf,
    },
    Gateway {
        program: PathBuf,
        users: String,
    },
}

impl Kind {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Nginx => "nginx, access log",
            Self::Haproxy => "HAProxy",
            Self::HaproxyJwt { .. } => "HAProxy, JWT (ES256)",
            Self::Pingora { .. } => "Pingora, bare",
            Self::Gateway { .. } => "gateway, JWT (EdDSA), all on",
        }
    }
}

/// Checks that the programs are there.
///
/// # Errors
/// Names all that are missing.
pub fn check_tools() -> anyhow::Result<()> {
    let is_missing = |tool: &&str| {
        let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output();
        !found.is_ok_and(|output| output.status.success())
    };
    let missing: Vec<&str> = TOOLS.into_iter().filter(is_missing).collect();
    if !missing.is_empty() {
        bail!(
            "missing: {}. On Debian: apt-get install nginx-light haproxy wrk util-linux",
            missing.join(", ")
        );
    }
    Ok(())
}

/// Describes the upstream: an nginx that answers every request alike.
///
/// # Errors
/// When its settings cannot be written.
pub fn upstream(dir: &StateDir, ports: &Ports, core: u32) -> anyhow::Result<ProgramSpec> {
    let filler = "x".repeat(ANSWER_BYTES - r#"{"content":""}"#.len());
    let server = format!(
        "access_log off;
         server {{
             listen 127.0.0.1:{} backlog=4096;
             default_type application/json;
             location / {{ return 200 '{{\"content\":\"{filler}\"}}'; }}
         }}",
        ports.upstream
    );
    nginx(dir, "upstream", &server, ports.upstream, core)
}

/// Describes a proxy.
///
/// # Errors
/// When its settings cannot be written.
pub fn spec(
    kind: Kind,
    dir: &StateDir,
    port: u16,
    upstream: u16,
    core: u32,
) -> anyhow::Result<ProgramSpec> {
    match kind {
        Kind::Nginx => {
            let log = dir.path().join("access.log");
            let server = format!(
                "access_log {} combined;
                 upstream service {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000000; }}
                 server {{
                     listen 127.0.0.1:{port} backlog=4096;
                     location / {{
                         proxy_pass http://service;
                         proxy_http_version 1.1;
                         proxy_set_header Connection \"\";
                     }}
                 }}",
                log.display()
            );
            nginx(dir, "nginx", &server, port, core)
        }
        Kind::Haproxy => haproxy(dir, "haproxy", "", port, upstream, core),
        Kind::HaproxyJwt { public_key } => {
            let file = dir.path().join("es256.pem");
            fs::write(&file, public_key).context("cannot write a key")?;
            let rules = format!(
                "http-request set-var(txn.bearer) http_auth_bearer
    http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
    http-request deny deny_status 401 unless {{ var(txn.alg) -m str ES256 }}
    http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_verify(txn.alg,\"{}\") -m int 1 }}",
                file.display()
            );
            haproxy(dir, "haproxy-jwt", &rules, port, upstream, core)
        }
        Kind::Pingora { program } => {
            let args = [port.to_string(), upstream.to_string()];
            Ok(pinned(dir, "pingora", program, args, port, core))
        }
        Kind::Gateway { program, users } => {
            let args = ["serve", "gateway"].map(str::to_owned);
            let spec = pinned(dir, "gateway", program, args, port, core);
            Ok(ProgramSpec { env: gateway_settings(port, upstream, users), ..spec })
        }
    }
}

/// Returns the gateway's settings: everything is on, and no limit is reached.
fn gateway_settings(port: u16, upstream: u16, users: String) -> Vec<(&'static str, String)> {
    let service = format!("http://127.0.0.1:{upstream}");
    let mut settings = vec![
        ("PORT", port.to_string()),
        ("BIND_ADDR", "127.0.0.1".to_owned()),
        ("INTERNAL_TOKEN", "internal-token-of-the-measurement".to_owned()),
        ("USER_SERVICE_URL", users),
        ("LOG_FORMAT", "json".to_owned()),
        ("RUST_LOG", "info".to_owned()),
        ("TRUSTED_PROXIES", "127.0.0.1".to_owned()),
        ("RATE_LIMIT_PROFILE", "production".to_owned()),
        ("DRAIN_DELAY_SECONDS", "0".to_owned()),
        ("RATE_LIMIT_READS", "100000000/min".to_owned()),
    ];
    for name in [
        "PROMPT_SERVICE_URL",
        "TEST_SERVICE_URL",
        "MARKETPLACE_SERVICE_URL",
        "ANALYTICS_SERVICE_URL",
    ] {
        settings.push((name, service.clone()));
    }
    settings
}

/// Describes an nginx with one worker.
fn nginx(
    dir: &StateDir,
    name: &'static str,
    server: &str,
    port: u16,
    core: u32,
) -> anyhow::Result<ProgramSpec> {
    let file = dir.path().join(format!("{name}.conf"));
    let own = |what: &str| dir.path().join(format!("{name}-{what}")).display().to_string();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {};\n", own(kind)))
        .collect();
    let text = format!(
        "daemon off;\nworker_processes 1;\npid {};\nerror_log {} warn;\n\
         events {{ worker_connections 4096; }}\n\
         http {{\n{temporary}keepalive_requests 1000000000;\n{server}\n}}\n",
        own("pid"),
        own("error.log"),
    );
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    // An absolute path: nginx reads a relative one from its own directory.
    let file = fs::canonicalize(file)?.display().to_string();
    let args = ["-e".to_owned(), own("error.log"), "-c".to_owned(), file];
    Ok(pinned(dir, name, PathBuf::from("nginx"), args, port, core))
}

/// Describes an HAProxy with one thread.
fn haproxy(
    dir: &StateDir,
    name: &'static str,
    rules: &str,
    port: u16,
    upstream: u16,
    core: u32,
) -> anyhow::Result<ProgramSpec> {
    let file = dir.path().join(format!("{name}.cfg"));
    let text = format!(
        "global\n    nbthread 1\n    maxconn 4096\n\
         defaults\n    mode http\n    timeout connect 5s\n    timeout client 60s\n    timeout server 60s\n\
         frontend clients\n    bind 127.0.0.1:{port}\n    {rules}\n    default_backend service\n\
         backend service\n    http-reuse always\n    server one 127.0.0.1:{upstream}\n"
    );
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    let args = ["-db".to_owned(), "-f".to_owned(), file.display().to_string()];
    Ok(pinned(dir, name, PathBuf::from("haproxy"), args, port, core))
}

/// Describes a program that runs on one core.
fn pinned(
    dir: &StateDir,
    name: &'static str,
    program: PathBuf,
    args: impl IntoIterator<Item = String>,
    port: u16,
    core: u32,
) -> ProgramSpec {
    let taskset = ["-c".into(), core.to_string().into(), program.into_os_string()];
    ProgramSpec {
        name,
        program: PathBuf::from("taskset"),
        args: taskset.into_iter().chain(args.into_iter().map(Into::into)).collect(),
        env: Vec::new(),
        unset: Vec::new(),
        account: None,
        log: dir.path().join(format!("{name}.log")),
        stop: Signal::TERM,
        probe: Probe::Tcp(port),
    }
}
