//! `promptforge-dev drill events`: events and garbage are produced in all codecs, while everything that
//! applies them is killed, paused, joined, restarted, and the log is cut. In the end each event must be
//! applied once, and all garbage must be dead letters.
//!
//! - [`environment`], [`prompt_service`]: processes. [`mod@broker`]: what is asked of Kafka;
//!   [`stranger`]: a member of the group that applies nothing.
//! - [`message`], [`maker`], [`oddities`]: what is sent; [`producers`]: by whom; [`ledger`]: what must have
//!   become of it.
//! - [`accidents`]: what happens meanwhile. [`checks`]: whether all is well.

mod accidents;
mod broker;
mod checks;
mod environment;
mod ledger;
mod maker;
mod message;
mod oddities;
mod producers;
mod prompt_service;
mod stranger;

use std::{collections::HashMap, path::PathBuf, process::ExitCode};

use promptforge::{console, local::state_dir};
use sqlx::query_scalar;
use tokio::time::Instant;
use uuid::Uuid;

use super::{report::Report, restartable::wait_for};
use crate::local::signals;
use accidents::{Drill, wait_until_read};
use broker::Broker;
use checks::{answers, applied, fingerprint::Fingerprint, letters, rollups, wait_until_settled};
use environment::Environment;
use maker::Maker;
use producers::Producers;

/// The retention in days with which the older month is dropped.
const SHORT_RETENTION: u16 = 40;

/// The number of accidents beside kills that messages are produced for; one of them takes three shares.
const OTHERS: u32 = 7;

/// Kill and pause all that applies events while they are produced, and check that each counts once
///
/// Starts a Postgres, an Apache Kafka and instances of the analytics service of its own. Exit code 1 if
/// something that was sent is not applied once, or a number does not agree; the data is then kept.
#[derive(clap::Args)]
pub struct Args {
    /// The number of messages, of which a hundredth is garbage
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    events: u32,
    /// The number of times that the service is killed
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=1000))]
    kills: u32,
    /// The short form: 2,000 events and 2 kills
    #[arg(long, conflicts_with_all = ["events", "kills"])]
    short: bool,
    /// The seed of all messages and moments, as far as the machine repeats them [default: random]
    #[arg(long)]
    seed: Option<u64>,
    /// The state directory of `up`, in which only Kafka's jars are looked for
    #[arg(long, value_name = "DIR", default_value = state_dir::DEFAULT)]
    state_dir: PathBuf,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let shutdown = signals::stop_signal()?;
    let seed = args.seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
    console::eprint(&format!("seed {seed}"));
    let mut environment = tokio::select! {
        environment = Environment::start(&args.state_dir) => environment?,
        () = shutdown.cancelled() => return Ok(ExitCode::from(130)),
    };
    let mut report = Report::default();
    let outcome = tokio::select! {
        outcome = run_drill(&args, seed, &mut environment, &mut report) => outcome,
        () = shutdown.cancelled() => {
            environment.tear_down(true).await?;
            return Ok(ExitCode::from(130));
        }
    };
    let passed = outcome.is_ok() && report.passed();
    environment.tear_down(passed).await?;
    console::print(&report.to_string());
    outcome?;
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run_drill(
    args: &Args,
    seed: u64,
    environment: &mut Environment,
    report: &mut Report,
) -> anyhow::Result<()> {
    let began = Instant::now();
    let (messages, kills) = if args.short { (2000, 2) } else { (args.events, args.kills) };
    let broker = Broker::new(&environment.brokers)?;
    broker.create_topics().await?;
    let maker = Maker::new(seed, messages.into());
    let producers = Producers::start(&environment.brokers, maker).await?;
    let share = messages / (kills + OTHERS);
    let mut drill = Drill::new(environment, broker, producers, (seed, share as usize));
    drill.run(kills).await?;
    drill.say("everything is read, merged and forwarded");
    let last = drill.probe_all().await?;
    wait_until_settled(&drill.environment.pool).await?;

    drill.say("checks");
    check_all(&drill, report).await?;
    let before = Fingerprint::take(&drill.environment.pool, true).await?;
    drill.say("the rollups are built again");
    drill.environment.rebuild().await?;
    let now = Fingerprint::take(&drill.environment.pool, true).await?;
    before.expect_same(&now, "after a rebuild", report);
    drill.say("all topics are read again");
    replay(&mut drill, &last).await?;
    let now = Fingerprint::take(&drill.environment.pool, true).await?;
    before.expect_same(&now, "after a replay", report);
    drill.say("a month is dropped, and all topics are read again");
    drop_month(&mut drill, report).await?;
    replay(&mut drill, &last).await?;
    let now = Fingerprint::take(&drill.environment.pool, false).await?;
    before.without_events().expect_same(&now, "after a month was dropped and a replay", report);
    report.note("seconds", began.elapsed().as_secs());
    Ok(())
}

async fn check_all(drill: &Drill<'_>, report: &mut Report) -> anyhow::Result<()> {
    let expected = drill.producers.ledger.expected();
    report.note("messages sent", drill.producers.ledger.len());
    report.note("of them repeat an event", expected.repeated);
    report.note("of them are too old", expected.expired);
    report.note("of them were in transactions that were aborted", expected.aborted);
    report.note("of them were cut from the log, or read just before", expected.cut_events.len());
    let garbage = expected.garbage.len() + expected.cut_garbage.len();
    report.note(format!("of them are garbage, of {} kinds", expected.kinds_of_garbage), garbage);
    report.expect("messages that the broker did not take", 0, expected.refused);
    let environment = &*drill.environment;
    applied::check(&environment.pool, &expected, report).await?;
    let letters = drill.broker.letters().await?;
    letters::check(&environment.pool, &letters, &expected, report).await?;
    rollups::check(&environment.pool, report).await?;
    answers::check(environment, report).await
}

/// Has the service read all topics from their beginning.
async fn replay(drill: &mut Drill<'_>, last: &HashMap<(String, i32), i64>) -> anyhow::Result<()> {
    drill.environment.first.stop().await;
    let broker = &drill.broker;
    wait_for("the group is empty", async || Ok((broker.members().await? == Some(0)).then_some(())))
        .await?;
    broker.delete_group().await?;
    drill.environment.first.start().await?;
    wait_until_read(broker, last).await?;
    wait_until_settled(&drill.environment.pool).await
}

/// Shortens retention, and waits until the events of the older month are gone.
async fn drop_month(drill: &mut Drill<'_>, report: &mut Report) -> anyhow::Result<()> {
    let old =
        "select count(*) from prompt_activity_events where event_time < now() - interval '90 days'";
    let pool = drill.environment.pool.clone();
    let count = async || anyhow::Ok(query_scalar::<_, i64>(old).fetch_one(&pool).await?);
    report.expect("there are events of an older month", true, count().await? > 0);
    drill.environment.first.stop().await;
    drill.environment.set_retention(SHORT_RETENTION);
    drill.environment.first.start().await?;
    wait_for("the month is dropped", async || Ok((count().await? == 0).then_some(()))).await
}
