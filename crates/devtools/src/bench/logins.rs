//! `promptforge-dev bench logins`: whether the time of a failed sign-in tells if there is such an
//! account, and whether many who sign in at once hold up those who only read.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use promptforge::console::{self, Bar};
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use serde_json::json;
use tokio::{task::JoinSet, time::sleep};
use uuid::Uuid;

/// The medians of known and of unknown names may differ by this much.
const ALLOWED_DIFFERENCE: f64 = 0.05;

/// The 99th percentile of reading a profile while others sign in may be this much.
const ALLOWED_P99: Duration = Duration::from_millis(50);

/// Reads that precede the measured ones, and as many are measured with nobody signing in.
const ALONE: usize = 500;

/// Between two reads: one reader, not a load of its own.
const PACE: Duration = Duration::from_millis(5);

/// No password of anyone's.
const WRONG: &str = "not the password";

/// Measure failed sign-ins of known and unknown names, and reads while many sign in
///
/// Registers an account, and deletes it in the end. The user service must not limit guessing:
/// RATE_LIMIT_PROFILE=off.
#[derive(clap::Args)]
pub struct Args {
    /// Of a gateway, or of a user service
    #[arg(long, default_value = "http://localhost:9000")]
    url: Url,
    /// Failed sign-ins of each kind
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    attempts: u32,
    /// How many sign in at once
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    concurrent: u32,
    /// How long they do
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let target = Target::register(&args.url).await?;
    let outcome = measure(&args, &target).await;
    if let Err(error) = target.delete().await {
        console::complain(&format!("the account {} stays: {error:#}", target.username));
    }
    Ok(if outcome? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether both bars were met.
async fn measure(args: &Args, target: &Target) -> anyhow::Result<bool> {
    let (known, unknown) = failed_logins(args.attempts, target).await?;
    let (known, unknown) = (known.percentile(50), unknown.percentile(50));
    let difference = known.as_secs_f64() / unknown.as_secs_f64() - 1.0;
    console::say(&format!(
        "{} failed sign-ins of each kind, median: known name {}, unknown name {}; {:+.2} % ({} % is allowed)",
        args.attempts,
        millis(known),
        millis(unknown),
        100.0 * difference,
        100.0 * ALLOWED_DIFFERENCE,
    ));

    target.reads(ALONE).await?;
    let alone = target.reads(ALONE).await?;
    console::say(&format!("GET /users/{{id}}, nobody signing in: {alone}"));
    let (beside, logins) = reads_beside_logins(args, target).await?;
    console::say(&format!(
        "GET /users/{{id}}, {} signing in at once ({} in {} s, {} told to come back): {beside} ({} is allowed)",
        args.concurrent,
        logins.done,
        args.seconds,
        logins.put_off,
        millis(ALLOWED_P99),
    ));
    Ok(difference.abs() < ALLOWED_DIFFERENCE && beside.percentile(99) < ALLOWED_P99)
}

/// One after another, turn by turn, so that whatever else goes on meets both kinds alike.
async fn failed_logins(attempts: u32, target: &Target) -> anyhow::Result<(Times, Times)> {
    let (mut known, mut unknown) = (Times::default(), Times::default());
    let bar = Bar::new(u64::from(attempts), "failing {bar:40.cyan} {pos}/{len}  {eta} left");
    for i in 0..attempts {
        // As long as the known one, and another each time.
        let nobody = Uuid::new_v4().simple().to_string();
        for is_known in [i % 2 == 0, i % 2 != 0] {
            let name = if is_known { &target.username } else { &nobody };
            let started = Instant::now();
            let status = target.login(name, WRONG).await?;
            let times = if is_known { &mut known } else { &mut unknown };
            times.0.push(started.elapsed());
            ensure!(
                status != StatusCode::TOO_MANY_REQUESTS,
                "guessing is limited: start the user service with RATE_LIMIT_PROFILE=off"
            );
            ensure!(status == StatusCode::UNAUTHORIZED, "a wrong password was answered {status}");
        }
        bar.advance(1);
    }
    bar.end();
    Ok((known, unknown))
}

#[derive(Default)]
struct Logins {
    done: usize,
    /// Answered 503: more than could be hashed in time.
    put_off: usize,
}

async fn reads_beside_logins(args: &Args, target: &Target) -> anyhow::Result<(Times, Logins)> {
    let until = Instant::now() + Duration::from_secs(args.seconds);
    let mut people = JoinSet::new();
    for _ in 0..args.concurrent {
        let target = target.clone();
        people.spawn(async move {
            let mut logins = Logins::default();
            while Instant::now() < until {
                match target.login(&target.username, &target.password).await? {
                    StatusCode::OK => logins.done += 1,
                    StatusCode::SERVICE_UNAVAILABLE => logins.put_off += 1,
                    status => bail!("the right password was answered {status}"),
                }
            }
            Ok(logins)
        });
    }
    let mut times = Times::default();
    while Instant::now() < until {
        times.0.extend(target.reads(1).await?.0);
    }
    let mut all = Logins::default();
    while let Some(logins) = people.join_next().await {
        let logins = logins.context("a task that signs in ended")??;
        all.done += logins.done;
        all.put_off += logins.put_off;
    }
    Ok((times, all))
}

/// Who is signed in as, and where.
#[derive(Clone)]
struct Target {
    http: Client,
    base: Url,
    id: Uuid,
    username: String,
    password: String,
    token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Auth {
    access_token: String,
    user: User,
}

#[derive(Deserialize)]
struct User {
    id: Uuid,
}

impl Target {
    async fn register(base: &Url) -> anyhow::Result<Self> {
        let http = Client::builder().timeout(Duration::from_secs(30)).build()?;
        let username = Uuid::new_v4().simple().to_string();
        let password = Uuid::new_v4().to_string();
        let body = json!({
            "username": username, "email": format!("{username}@bench.example"), "password": password,
        });
        let answer = http
            .post(base.join("/auth/register")?)
            .json(&body)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .context("cannot register an account")?;
        let Auth { access_token: token, user } = answer.json().await?;
        Ok(Self { http, base: base.clone(), id: user.id, username, password, token })
    }

    async fn login(&self, name: &str, password: &str) -> anyhow::Result<StatusCode> {
        let body = json!({"email": name, "password": password});
        let answer = self.http.post(self.base.join("/auth/login")?).json(&body).send().await?;
        let status = answer.status();
        // Read whole, so that the connection can be used again.
        answer.bytes().await?;
        Ok(status)
    }

    /// Reads of the public profile, one after another.
    async fn reads(&self, count: usize) -> anyhow::Result<Times> {
        let url = self.base.join(&format!("/users/{}", self.id))?;
        let mut times = Times::default();
        for _ in 0..count {
            let started = Instant::now();
            self.http.get(url.clone()).send().await?.error_for_status()?.bytes().await?;
            times.0.push(started.elapsed());
            sleep(PACE).await;
        }
        Ok(times)
    }

    async fn delete(&self) -> anyhow::Result<()> {
        let answer = self
            .http
            .delete(self.base.join("/users/me")?)
            .bearer_auth(&self.token)
            .json(&json!({"password": self.password}))
            .send()
            .await?;
        // A user service knows its callers only through the gateway.
        ensure!(answer.status().is_success(), "deleting it was answered {}", answer.status());
        Ok(())
    }
}

#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    /// The time that so many in a hundred did not exceed.
    fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or_default()
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [p50, p99, max] = [50, 99, 100].map(|percent| millis(self.percentile(percent)));
        write!(f, "{} reads, p50 {p50}, p99 {p99}, max {max}", self.0.len())
    }
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_time_that_was_measured() {
        let times = Times((1..=200).rev().map(Duration::from_millis).collect());
        for (percent, expected) in [(50, 100), (99, 198), (100, 200)] {
            assert_eq!(times.percentile(percent), Duration::from_millis(expected));
        }
        assert_eq!(Times::default().percentile(99), Duration::ZERO);
    }
}
