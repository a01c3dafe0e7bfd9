//! Limits that two gateways share in a Redis. Where no `redis-server` is installed, the tests that need one
//! say so and pass.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use futures_util::future::join_all;
use gateway::LimitClock;
use governor::clock::FakeRelativeClock;
use testkit::TestApp;
use tokio::net::TcpListener;

use crate::support::{StandIn, gateway_tuned};

/// A Redis of the test's own, without files.
struct Redis {
    port: u16,
    process: Child,
}

impl Redis {
    #[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
    fn start(port: u16) -> Option<Self> {
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
        command.args(["--save", "", "--appendonly", "no"]).stdout(Stdio::null());
        match command.spawn() {
            Ok(process) => Some(Self { port, process }),
            Err(error) => {
                println!("skipped: redis-server cannot be started ({error})");
                None
            }
        }
    }

    async fn start_anywhere() -> Option<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let redis = Self::start(port)?;
        testkit::eventually("Redis", || async {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()
        })
        .await;
        Some(redis)
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a gateway whose own clock stands still, so that what it counts itself never comes back.
async fn gateway(redis: &str, prompts: &StandIn, deadline: Duration) -> TestApp {
    let settings =
        [("TRUSTED_PROXIES", "127.0.0.1"), ("RATE_LIMIT_READS", "4/h"), ("REDIS_URL", redis)];
    gateway_tuned(&[("PROMPT", &prompts.url)], &settings, |config| {
        config.limit_clock = LimitClock::Manual(FakeRelativeClock::default());
        if let Some(store) = &mut config.shared_limits {
            store.deadline = deadline;
        }
    })
    .await
}

async fn read(gateway: &TestApp, address: &str) -> (u16, String) {
    let client = gateway.anonymous().with_header("x-forwarded-for", address);
    let answer = client.get("/prompts/public").await;
    let limit = answer.headers["ratelimit"].to_str().unwrap();
    let remaining = limit.split(';').nth(1).unwrap().to_owned();
    (answer.status.as_u16(), remaining)
}

/// Longer than anything takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn two_gateways_count_together() {
    let Some(redis) = Redis::start_anywhere().await else { return };
    let prompts = StandIn::echo().await;
    let one = gateway(&redis.url(), &prompts, PATIENCE).await;
    let two = gateway(&redis.url(), &prompts, PATIENCE).await;
    let left = |remaining: u32| (200, format!("r={remaining}"));
    assert_eq!(read(&one, "203.0.113.1").await, left(3));
    assert_eq!(read(&two, "203.0.113.1").await, left(2));
    assert_eq!(read(&two, "203.0.113.1").await, left(1));
    assert_eq!(read(&one, "203.0.113.1").await, left(0));
    for _ in 0..5 {
        for gateway in [&one, &two] {
            assert_eq!(read(gateway, "203.0.113.1").await, (429, "r=0".to_owned()));
        }
    }
    assert_eq!(read(&two, "203.0.113.2").await, left(3));
    // A refusal says when one more is taken: a quarter of an hour after the first.
    let client = two.anonymous().with_header("x-forwarded-for", "203.0.113.1");
    let refused = client.get("/prompts/public").await;
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((600..=900).contains(&wait), "{wait}");
}

#[tokio::test]
async fn of_many_requests_at_once_at_two_gateways_no_more_pass_than_are_left() {
    let Some(redis) = Redis::start_anywhere().await else { return };
    let prompts = StandIn::echo().await;
    let one = gateway(&redis.url(), &prompts, PATIENCE).await;
    let two = gateway(&redis.url(), &prompts, PATIENCE).await;
    let reads = (0..20).flat_map(|_| [&one, &two]).map(|gateway| read(gateway, "203.0.113.1"));
    let passed = join_all(reads).await.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!(passed, 4);
}

#[tokio::test]
async fn while_redis_is_away_each_gateway_counts_for_itself() {
    let Some(redis) = Redis::start_anywhere().await else { return };
    let (port, prompts) = (redis.port, StandIn::echo().await);
    let one = gateway(&redis.url(), &prompts, PATIENCE).await;
    let two = gateway(&redis.url(), &prompts, PATIENCE).await;
    for _ in 0..3 {
        assert_eq!(read(&one, "203.0.113.1").await.0, 200);
    }
    drop(redis);
    // The second has counted none of them.
    for expected in [200, 200, 200, 200, 429] {
        assert_eq!(read(&two, "203.0.113.1").await.0, expected);
    }
    assert_eq!(read(&one, "203.0.113.1").await, (200, "r=0".to_owned()));
    assert_eq!(read(&one, "203.0.113.1").await.0, 429);

    let _redis = Redis::start(port).unwrap();
    let mut network = 0;
    testkit::eventually("the gateways to count together again", || {
        network += 1;
        let address = format!("198.51.100.{network}");
        let (one, two) = (&one, &two);
        async move {
            read(one, &address).await;
            (read(two, &address).await.1 == "r=2").then_some(())
        }
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_hangs_holds_up_no_request() {
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", hanging.local_addr().unwrap());
    let prompts = StandIn::echo().await;
    let gateway = gateway(&url, &prompts, Duration::from_millis(5)).await;
    for expected in [200, 200, 200, 200, 429] {
        let answer = tokio::time::timeout(PATIENCE, read(&gateway, "203.0.113.1")).await;
        assert_eq!(answer.unwrap().0, expected);
    }
}
