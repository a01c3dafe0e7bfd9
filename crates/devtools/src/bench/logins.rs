//! `promptforge-dev bench logins`: whether the time of a failed sign-in tells if an account exists,
//! and whether many sign-ins at once slow down reads.

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

/// The largest allowed difference between the medians of known and of unknown names.
const ALLOWED_DIFFERENCE: f64 = 0.05;

/// The largest allowed 99th percentile of reading a profile while others sign in.
const ALLOWED_P99: Duration = Duration::from_millis(50);

/// The number of reads before the measured ones, and of those measured without sign-ins.
const READS_ALONE: usize = 500;

/// The pause between two reads, which are no load of their own.
const READ_PAUSE: Duration = Duration::from_millis(5);

/// A password that nobody has.
const WRONG: &str = "not the password";

/// Measure failed sign-ins of known and unknown names, and reads while many sign in
///
/// Registers an account, and deletes it in the end. The user service must not limit guessing:
/// RATE_LIMIT_PROFILE=off.
#[derive(clap::Args)]
pub struct Args {
    /// The URL of a gateway, or of a user service
    #[arg(long, default_value = "http://localhost:9000")]
    url: Url,
    /// The number of failed sign-ins of each kind
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    attempts: u32,
    /// The number of people who sign in at once
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    concurrent: u32,
    /// The time for which they do, in seconds
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let account = TestAccount::register(&args.url).await?;
    let outcome = measure(&args, &account).await;
    if let Err(error) = account.delete().await {
        console::eprint(&format!("the account {} stays: {error:#}", account.username));
    }
    Ok(if outcome? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Measures; tells whether both limits hold.
async fn measure(args: &Args, account: &TestAccount) -> anyhow::Result<bool> {
    let (known, unknown) = failed_logins(args.attempts, account).await?;
    let (known, unknown) = (known.percentile(50), unknown.percentile(50));
    let difference = known.as_secs_f64() / unknown.as_secs_f64() - 1.0;
    console::print(&format!(
        "{} failed sign-ins of each kind, median: known name {}, unknown name {}; {:+.2} % ({} % is allowed)",
        args.attempts,
        millis(known),
        millis(unknown),
        100.0 * difference,
        100.0 * ALLOWED_DIFFERENCE,
    ));

    account.reads(READS_ALONE).await?;
    let alone = account.reads(READS_ALONE).await?;
    console::print(&format!("GET /users/{{id}}, nobody signing in: {alone}"));
    let (beside, logins) = reads_beside_logins(args, account).await?;
    console::print(&format!(
        "GET /users/{{id}}, {} signing in at once ({} in {} s, {} told to come back): {beside} ({} is allowed)",
        args.concurrent,
        logins.done,
        args.seconds,
        logins.refused,
        millis(ALLOWED_P99),
    ));
    Ok(difference.abs() < ALLOWED_DIFFERENCE && beside.percentile(99) < ALLOWED_P99)
}

/// Signs in with known and unknown names in turn, so that other load of the machine affects both alike.
async fn failed_logins(
    attempts: u32,
    account: &TestAccount,
) -> anyhow::Result<(Latencies, Latencies)> {
    let (mut known, mut unknown) = (Latencies::default(), Latencies::default());
    let bar = Bar::new(u64::from(attempts), "failing {bar:40.cyan} {pos}/{len}  {eta} left");
    for i in 0..attempts {
        // A new name each time, as long as the known one.
        let nobody = Uuid::new_v4().simple().to_string();
        for is_known in [i % 2 == 0, i % 2 != 0] {
            let name = if is_known { &account.username } else { &nobody };
            let started = Instant::now();
            let status = account.login(name, WRONG).await?;
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
    /// The number of sign-ins answered 503: more than could be hashed in time.
    refused: usize,
}

async fn reads_beside_logins(
    args: &Args,
    account: &TestAccount,
) -> anyhow::Result<(Latencies, Logins)> {
    let until = Instant::now() + Duration::from_secs(args.seconds);
    let mut people = JoinSet::new();
    for _ in 0..args.concurrent {
        let account = account.clone();
        people.spawn(async move {
            let mut logins = Logins::default();
            while Instant::now() < until {
                match account.login(&account.username, &account.password).await? {
                    StatusCode::OK => logins.done += 1,
                    StatusCode::SERVICE_UNAVAILABLE => logins.refused += 1,
                    status => bail!("the right password was answered {status}"),
                }
            }
            Ok(logins)
        });
    }
    let mut times = Latencies::default();
    while Instant::now() < until {
        times.0.extend(account.reads(1).await?.0);
    }
    let mut all = Logins::default();
    while let Some(logins) = people.join_next().await {
        let logins = logins.context("a task that signs in ended")??;
        all.done += logins.done;
        all.refused += logins.refused;
    }
    Ok((times, all))
}

/// An account made for the measurement, and its service.
#[derive(Clone)]
struct TestAccount {
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

impl TestAccount {
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
        // The body is read whole, so that the connection can be used again.
        answer.bytes().await?;
        Ok(status)
    }

    /// Measures reads of the public profile, one after another.
    async fn reads(&self, count: usize) -> anyhow::Result<Latencies> {
        let url = self.base.join(&format!("/users/{}", self.id))?;
        let mut times = Latencies::default();
        for _ in 0..count {
            let started = Instant::now();
            self.http.get(url.clone()).send().await?.error_for_status()?.bytes().await?;
            times.0.push(started.elapsed());
            sleep(READ_PAUSE).await;
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
        // A user service without a gateway refuses this.
        ensure!(answer.status().is_success(), "deleting it was answered {}", answer.status());
        Ok(())
    }
}

#[derive(Default)]
struct Latencies(Vec<Duration>);

impl Latencies {
    /// Returns the latency that `percent` of all did not exceed.
    fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or_default()
    }
}

impl std::fmt::Display for Latencies {
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
        let times = Latencies((1..=200).rev().map(Duration::from_millis).collect());
        for (percent, expected) in [(50, 100), (99, 198), (100, 200)] {
            assert_eq!(times.percentile(percent), Duration::from_millis(expected));
        }
        assert_eq!(Latencies::default().percentile(99), Duration::ZERO);
    }
}
