//! Whole requests: the bytes of one connection, through the gateway over sockets, before services that record.
//!
//! What is refused reaches no service, one request is one request there at most, each that arrives is answered
//! once and to its own client, and a service is told nothing that the gateway does not say. `$TOKEN` in an
//! input stands for a good access token.

#![no_main]

use std::{cell::OnceCell, io::ErrorKind};

use auth::{Role, Signer, token::Audience};
use fuzz::{
    framing::count_requests,
    paths::is_ambiguous,
    upstream::{ANSWER, Seen, Upstream},
};
use gateway::{Config, fuzzing::find_route};
use http_kit::config::Env;
use ids::{SessionId, UserId};
use libfuzzer_sys::fuzz_target;
use socket2::SockRef;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    task::yield_now,
};
use tokio_util::sync::CancellationToken;

const INTERNAL_TOKEN: &str = "internal-token-of-the-targets";

/// A key of no use outside.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

/// The turns of the runtime in which nothing arrives anywhere, after which nothing will.
const QUIET_TURNS: usize = 40;

thread_local! {
    static RIG: OnceCell<Rig> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| RIG.with(|rig| rig.get_or_init(Rig::start).check(data)));

/// A gateway and what is behind it, on one thread.
struct Rig {
    runtime: Runtime,
    upstream: Upstream,
    gateway: String,
    user: UserId,
    token: String,
}

impl Rig {
    fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let audience = Audience { issuer: "promptforge".into(), audience: "promptforge".into() };
        let signer = Signer::from_pem(KEY, audience).unwrap();
        let user = UserId::new();
        let token = signer.sign(user, "ada", &[Role::User], SessionId::new()).unwrap();
        let (upstream, gateway) = runtime.block_on(async {
            let upstream = Upstream::start(serde_json::to_string(signer.jwks()).unwrap()).await;
            let gateway = start_gateway(&upstream.url).await;
            (upstream, gateway)
        });
        let rig = Self { runtime, upstream, gateway, user, token };
        let signed_in = "GET /users/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $TOKEN\r\n\r\n";
        while !rig.exchange(&rig.input(signed_in.as_bytes())).starts_with("HTTP/1.1 200 ") {
            rig.upstream.record().seen.clear();
        }
        rig.upstream.record().seen.clear();
        rig
    }

    /// Returns an input with a good token where it says so.
    fn input(&self, data: &[u8]) -> Vec<u8> {
        const NAME: &[u8] = b"$TOKEN";
        let mut input = Vec::with_capacity(data.len());
        let mut rest = data;
        while let Some(at) = rest.windows(NAME.len()).position(|it| it == NAME) {
            input.extend_from_slice(&rest[..at]);
            input.extend_from_slice(self.token.as_bytes());
            rest = &rest[at + NAME.len()..];
        }
        input.extend_from_slice(rest);
        input
    }

    /// Sends the bytes of a connection, and returns all that is answered.
    fn exchange(&self, input: &[u8]) -> String {
        self.runtime.block_on(async {
            let mut stream = TcpStream::connect(&self.gateway).await.unwrap();
            // Thousands of connections a second would leave no port free.
            SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO)).unwrap();
            let mut answers = Vec::new();
            // One that was answered and closed in the middle takes no more.
            let _ = stream.write_all(input).await;
            self.read_until_quiet(&stream, &mut answers).await;
            let _ = stream.shutdown().await;
            self.read_until_quiet(&stream, &mut answers).await;
            drop(stream);
            self.quiet(|| false).await;
            answers.iter().map(|byte| char::from(*byte)).collect()
        })
    }

    async fn read_until_quiet(&self, stream: &TcpStream, answers: &mut Vec<u8>) {
        let mut chunk = [0; 4096];
        let read = || match stream.try_read(&mut chunk) {
            Ok(count) => {
                answers.extend_from_slice(&chunk[..count]);
                count > 0
            }
            Err(error) => error.kind() == ErrorKind::Interrupted,
        };
        self.quiet(read).await;
    }

    /// Returns when neither `is_busy` nor what arrives at the services says for a while that something goes on.
    async fn quiet(&self, mut is_busy: impl FnMut() -> bool) {
        let (mut turns, mut arrived) = (0, self.upstream.record().arrived);
        while turns < QUIET_TURNS {
            yield_now().await;
            let now = self.upstream.record().arrived;
            turns = if is_busy() || now != arrived { 0 } else { turns + 1 };
            arrived = now;
        }
    }

    fn check(&self, data: &[u8]) {
        let input = self.input(data);
        let answers = self.exchange(&input);
        let (seen, faults) = {
            let mut record = self.upstream.record();
            (std::mem::take(&mut record.seen), std::mem::take(&mut record.faults))
        };
        let told = || format!("{:?}\n{answers:?}", String::from_utf8_lossy(data));
        assert!(faults.is_empty(), "{faults:?} of {}", told());
        let most = count_requests(&input);
        assert!(seen.len() <= most, "{} of at most {most}: {}", seen.len(), told());
        let numbers: Vec<usize> = seen.iter().map(|seen| seen.number).collect();
        assert_eq!(numbers_of(&answers), numbers, "{}", told());
        for seen in &seen {
            self.check_seen(seen);
        }
    }

    fn check_seen(&self, Seen { head, .. }: &Seen) {
        let words: Vec<&str> = head.line.split(' ').collect();
        let [method, target, "HTTP/1.1"] = words[..] else { panic!("{:?}", head.line) };
        let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        assert!(methods.contains(&method), "{:?}", head.line);
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        // The bytes of the line as text again.
        let bytes: Vec<u8> = path.chars().map(|letter| letter as u8).collect();
        let path = String::from_utf8(bytes).unwrap();
        assert!(!is_ambiguous(&path), "{:?}", head.line);
        assert_eq!(find_route(&path).unwrap().path, path);
        assert_eq!(head.values("host").count(), 1, "{:?}", head.headers);
        assert_eq!(head.values("x-internal-token").collect::<Vec<_>>(), [INTERNAL_TOKEN]);
        assert_eq!(head.values("x-forwarded-for").collect::<Vec<_>>(), ["127.0.0.1"]);
        for (name, value) in &head.headers {
            match name.replace('_', "-").as_str() {
                "x-internal-token" => assert_eq!(value, INTERNAL_TOKEN),
                "x-user-id" => assert_eq!(value, &self.user.to_string()),
                "x-username" => assert_eq!(value, "ada"),
                "x-user-roles" => assert_eq!(value.to_ascii_lowercase(), "user"),
                "x-forwarded-for" => assert_eq!(value, "127.0.0.1"),
                "x-forwarded-proto" => assert_eq!(value, "http"),
                "connection"
                | "keep-alive"
                | "proxy-connection"
                | "proxy-authorization"
                | "te"
                | "trailer"
                | "upgrade"
                | "expect"
                | "authorization"
                | "forwarded"
                | "x-real-ip" => {
                    panic!("{name}: {value} goes further")
                }
                _ => {}
            }
        }
    }
}

/// Returns the numbers of the services' answers, in their order.
fn numbers_of(answers: &str) -> Vec<usize> {
    let mark = format!("\r\n{ANSWER}");
    let numbers = answers.split(&mark).skip(1);
    numbers.map(|rest| rest.split("\r\n").next().unwrap().parse().unwrap()).collect()
}

/// Starts a gateway without limits, all of whose services are at `url`; returns its address.
async fn start_gateway(url: &str) -> String {
    http_kit::telemetry::init(&mut Env::with([("RUST_LOG", "off")]));
    let mut settings = vec![("INTERNAL_TOKEN", INTERNAL_TOKEN), ("RATE_LIMIT_PROFILE", "off")];
    for service in ["USER", "PROMPT", "TEST", "MARKETPLACE", "ANALYTICS"] {
        settings.push((format!("{service}_SERVICE_URL").leak(), url));
    }
    let mut env = Env::with(settings);
    let config = Config::read(&mut env);
    let config = env.finish(config).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(gateway::run(config, listener, CancellationToken::new()));
    address
}
