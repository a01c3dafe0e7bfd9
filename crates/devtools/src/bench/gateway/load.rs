//! Requests: as many as a proxy takes, by `wrk`; at a fixed rate, by a generator of our own.

use std::{
    ffi::OsStr,
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use promptforge::local::StateDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep_until},
};

/// The path of every request; a page of prompts, which anyone may read.
const PATH: &str = "/prompts/public?size=20";

/// The number of connections at the fixed rate.
const STEADY_CONNECTIONS: usize = 32;

/// Prints what `wrk` counted on a line of its own. With the argument `addresses`, each request comes from
/// another client address, as a proxy before the gateway would say. With `paths`, the paths of a file are asked
/// for by turns, from 4,096 addresses; the requests are made before the first is sent. A path with a space and a
/// body after it is posted to.
const SCRIPT: &str = r#"
local count = 0
local start = 0
function init(args)
  if args[1] == "paths" then
    local paths, made = {}, {}
    for path in io.lines(args[2]) do paths[#paths + 1] = path end
    for i = 0, math.max(4096, #paths) - 1 do
      local n = i % 4096
      wrk.headers["X-Forwarded-For"] = "10.0." .. math.floor(n / 256) .. "." .. n % 256
      local path, body = paths[i % #paths + 1]:match("^(%S+) ?(.*)$")
      if body == "" then body = nil else wrk.headers["Content-Type"] = "application/json" end
      made[i + 1] = wrk.format(body and "POST" or "GET", path, nil, body)
    end
    request = function()
      count = count + 1
      return made[count % #made + 1]
    end
  elseif args[1] == "addresses" then
    start = tonumber(args[2])
    request = function()
      local n = start + count
      count = count + 1
      wrk.headers["X-Forwarded-For"] =
        "10." .. math.floor(n / 65536) % 256 .. "." .. math.floor(n / 256) % 256 .. "." .. n % 256
      return wrk.format()
    end
  end
end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
"#;

/// The address that requests are sent to.
pub struct Target {
    pub port: u16,
    pub token: Option<String>,
}

impl Target {
    fn head(&self) -> String {
        let token = self.token.as_ref();
        let token = token.map_or_else(String::new, |it| format!("Authorization: Bearer {it}\r\n"));
        format!("GET {PATH} HTTP/1.1\r\nHost: localhost\r\n{token}\r\n")
    }
}

/// The counts of a measurement.
pub struct Outcome {
    pub requests: u64,
    pub took: Duration,
    pub p50: Duration,
    pub p99: Duration,
}

/// A sender of requests.
pub struct Load {
    script: PathBuf,
    /// The core that it runs on; `None` for any.
    core: Option<u32>,
    connections: u32,
}

impl Load {
    /// # Errors
    /// When the script cannot be written.
    pub fn new(dir: &StateDir, core: Option<u32>, connections: u32) -> anyhow::Result<Self> {
        let script = dir.path().join("wrk.lua");
        fs::write(&script, SCRIPT).with_context(|| format!("cannot write {}", script.display()))?;
        Ok(Self { script, core, connections })
    }

    /// Checks that a request is answered 200, once the proxy knows its keys.
    ///
    /// # Errors
    /// When it is not.
    pub async fn check(&self, target: &Target) -> anyhow::Result<()> {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let mut connection = Connection::open(target).await?;
            match connection.request().await {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > until => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Sends as many requests as the target takes.
    ///
    /// # Errors
    /// When one is not answered, or not with success.
    pub async fn saturate(&self, target: &Target, time: Duration) -> anyhow::Result<Outcome> {
        self.wrk(target, time, &[]).await
    }

    /// Asks for the paths in a file by turns, each on a line, as often as the target answers.
    ///
    /// # Errors
    /// When a request is not answered, or not with success.
    pub async fn ask_for(
        &self,
        target: &Target,
        paths: &Path,
        time: Duration,
    ) -> anyhow::Result<Outcome> {
        self.wrk(target, time, &["paths".as_ref(), paths.as_os_str()]).await
    }

    /// Sends a request from each of this many client addresses, and returns their number.
    ///
    /// # Errors
    /// When one is not answered, or not with success.
    pub async fn send_from_addresses(&self, target: &Target, count: u64) -> anyhow::Result<u64> {
        let mut sent = 0;
        while sent < count {
            let first = sent.to_string();
            let arguments = ["addresses".as_ref(), first.as_ref()];
            sent += self.wrk(target, Duration::from_secs(5), &arguments).await?.requests;
        }
        Ok(sent)
    }

    async fn wrk(
        &self,
        target: &Target,
        time: Duration,
        arguments: &[&OsStr],
    ) -> anyhow::Result<Outcome> {
        let mut command = match self.core {
            Some(core) => {
                let mut pinned = Command::new("taskset");
                pinned.args(["-c", &core.to_string(), "wrk"]);
                pinned
            }
            None => Command::new("wrk"),
        };
        command.args(["-t1", "-s"]).arg(&self.script).args([
            "-c",
            &self.connections.to_string(),
            "-d",
            &format!("{}s", time.as_secs()),
        ]);
        if let Some(token) = &target.token {
            command.args(["-H", &format!("Authorization: Bearer {token}")]);
        }
        command.arg(format!("http://127.0.0.1:{}{PATH}", target.port));
        if !arguments.is_empty() {
            command.arg("--").args(arguments);
        }
        let command = command.stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output().await.context("cannot run wrk")?;
        let text = String::from_utf8_lossy(&output.stdout);
        parse(&text)
            .with_context(|| format!("wrk: {text}{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Sends requests at a fixed rate. The time of each is from the moment at which it was due, so that
    /// one that must wait for a connection is not measured as fast.
    ///
    /// # Errors
    /// When one is not answered, or not with success.
    pub async fn steady(
        &self,
        target: &Target,
        rate: u32,
        time: Duration,
    ) -> anyhow::Result<Outcome> {
        let (times, mut measured) = mpsc::unbounded_channel();
        let started = Instant::now() + Duration::from_millis(50);
        let mut connections = JoinSet::new();
        for i in 0..STEADY_CONNECTIONS {
            let mut connection = Connection::open(target).await?;
            let times = times.clone();
            let due = (i as u32..(f64::from(rate) * time.as_secs_f64()) as u32)
                .step_by(STEADY_CONNECTIONS)
                .map(move |n| started + Duration::from_secs(1) * n / rate);
            connections.spawn(async move {
                for due in due {
                    sleep_until(due).await;
                    connection.request().await?;
                    let _ = times.send(due.elapsed());
                }
                anyhow::Ok(())
            });
        }
        drop(times);
        let mut all = Vec::new();
        while let Some(time) = measured.recv().await {
            all.push(time);
        }
        while let Some(ended) = connections.join_next().await {
            ended.context("a connection ended")??;
        }
        all.sort_unstable();
        let at = |percent| all.get(all.len() * percent / 100).copied().unwrap_or_default();
        let requests = all.len() as u64;
        Ok(Outcome { requests, took: started.elapsed(), p50: at(50), p99: at(99) })
    }
}

/// Reads the line of [`SCRIPT`].
fn parse(text: &str) -> anyhow::Result<Outcome> {
    let line = text.lines().find_map(|line| line.strip_prefix("RESULT "));
    let line = line.context("no result")?;
    let numbers: Vec<u64> = line.split(' ').filter_map(|number| number.parse().ok()).collect();
    let [requests, took, p50, p99, refused, failed] = numbers[..] else { bail!("{line:?}") };
    ensure!(refused == 0 && failed == 0, "{refused} requests refused, {failed} without an answer");
    let [took, p50, p99] = [took, p50, p99].map(Duration::from_micros);
    Ok(Outcome { requests, took, p50, p99 })
}

/// A connection that sends one request after another.
struct Connection {
    stream: TcpStream,
    request: String,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(target: &Target) -> anyhow::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, target.port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, request: target.head(), answer: Vec::new() })
    }

    /// Sends a request and reads its whole answer.
    async fn request(&mut self) -> anyhow::Result<()> {
        self.stream.write_all(self.request.as_bytes()).await?;
        self.answer.clear();
        let end = loop {
            let read = self.stream.read_buf(&mut self.answer).await?;
            ensure!(read > 0, "the connection was closed within an answer");
            if let Some(end) = self.answer.windows(4).position(|part| part == b"\r\n\r\n") {
                break end;
            }
        };
        let head = str::from_utf8(&self.answer[..end])?.to_ascii_lowercase();
        ensure!(head.starts_with("http/1.1 200 "), "answered {:?}", head.lines().next());
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.context("an answer without a length")?.trim().parse()?;
        while self.answer.len() < end + 4 + length {
            let read = self.stream.read_buf(&mut self.answer).await?;
            ensure!(read > 0, "the connection was closed within an answer");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_of_wrk_is_read_and_refusals_are_an_error() {
        let outcome = parse("Running…\nRESULT 1000 2000000 150 900 0 0\n").unwrap();
        assert_eq!((outcome.requests, outcome.took.as_secs()), (1000, 2));
        assert_eq!((outcome.p50.as_micros(), outcome.p99.as_micros()), (150, 900));
        for bad in ["", "RESULT 1 2 3", "RESULT 10 20 1 1 3 0", "RESULT 10 20 1 1 0 1"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
