//! `promptforge-dev bench tests`: what the queue of tests costs.
//!
//! A database of its own is made on the server, filled, and dropped in the end; a test service in this
//! very process drains it, so that the time the process computes is the queue's own. The provider is
//! MOCK, which takes no time unless it is told to.

use std::{
    fs,
    process::ExitCode,
    str::FromStr,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use http_kit::config::Env;
use promptforge::{console, fleet::Process};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions,
    query, query_scalar,
};
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::databases::Stores;

/// How long `mock-slow` takes.
const SLOW: Duration = Duration::from_millis(200);

/// The slow ones may take so many times what they take at best.
const ALLOWED_FACTOR: f64 = 2.0;

/// The queue's own time for one test may be this much.
const ALLOWED_COST: Duration = Duration::from_millis(2);

/// Between two looks at what is left.
const LOOK: Duration = Duration::from_millis(10);

/// The tests are this many people's.
const PEOPLE: u32 = 100;

/// Measure what the queue of tests costs
///
/// On a database of its own, which it makes on the server and drops in the end.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    stores: Stores,
    /// Tests at once
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    slots: u32,
    /// Tests that take 200 ms each
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    slow: u32,
    /// Tests that take no time
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    instant: u32,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let database = Process::Test.database().context("the test service has no database")?;
    let server = PgConnectOptions::from_str(&args.stores.url_of(database)?)?;
    let name = format!("promptforge_bench_{}", Uuid::new_v4().simple());
    let options = server.clone().database(&name);
    let outcome = async {
        let url = options.to_url_lossy().to_string();
        pg::migrate(&url, &test_service::MIGRATOR).await?;
        measure(&args, &options, &url).await
    };
    let outcome = outcome.await;
    let dropped = async {
        let mut admin = server.database("postgres").connect().await?;
        admin
            .execute(AssertSqlSafe(format!("drop database if exists {name} with (force)")))
            .await?;
        admin.close().await
    };
    if let Err(error) = dropped.await {
        console::complain(&format!("the database {name} stays: {error}"));
    }
    Ok(if outcome? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether both bars were met.
async fn measure(args: &Args, options: &PgConnectOptions, url: &str) -> anyhow::Result<bool> {
    let mut connection = options.connect().await?;
    // What is done for the first time is not what is measured.
    drain(args, &mut connection, url, "mock", args.slots).await?;

    let slow = drain(args, &mut connection, url, "mock-slow", args.slow).await?;
    let ideal = SLOW * args.slow.div_ceil(args.slots);
    let allowed = ideal.mul_f64(ALLOWED_FACTOR);
    console::say(&format!(
        "{} tests of {} ms, {} at once: {:.2} s, at best {:.2} s ({:.2} s is allowed); {}",
        args.slow,
        SLOW.as_millis(),
        args.slots,
        slow.took.as_secs_f64(),
        ideal.as_secs_f64(),
        allowed.as_secs_f64(),
        slow.costs(args.slow),
    ));

    let instant = drain(args, &mut connection, url, "mock", args.instant).await?;
    let cost = instant.took / args.instant;
    console::say(&format!(
        "{} tests that take no time, {} at once: {:.2} s, {:.3} ms a test ({} ms is allowed); {}",
        args.instant,
        args.slots,
        instant.took.as_secs_f64(),
        millis(cost),
        ALLOWED_COST.as_millis(),
        instant.costs(args.instant),
    ));
    connection.close().await?;
    Ok(slow.took < allowed && cost < ALLOWED_COST)
}

/// What draining the queue took.
struct Drained {
    took: Duration,
    /// Of this process, the service in it.
    computed: Duration,
    transactions: i64,
}

impl Drained {
    fn costs(&self, tests: u32) -> String {
        format!(
            "{:.3} ms of the service's CPU and {:.3} transactions a test",
            millis(self.computed / tests),
            self.transactions as f64 / f64::from(tests),
        )
    }
}

/// Fills the queue, starts a service, and waits until all is done.
async fn drain(
    args: &Args,
    connection: &mut PgConnection,
    url: &str,
    model: &str,
    tests: u32,
) -> anyhow::Result<Drained> {
    connection.execute("truncate tests").await?;
    query(
        "insert into tests (id, user_id, prompt_content, model_provider, model_name)
         select gen_random_uuid(), md5((n % $3)::text)::uuid, 'Say hello.', 'MOCK', $1
         from generate_series(1, $2) n",
    )
    .bind(model)
    .bind(i64::from(tests))
    .bind(i64::from(PEOPLE))
    .execute(&mut *connection)
    .await?;
    connection.execute("vacuum analyze tests").await?;

    let before = transactions(connection).await?;
    let (started, computed) = (Instant::now(), cpu_time()?);
    let shutdown = CancellationToken::new();
    let service = tokio::spawn(test_service::run(
        config(args, url)?,
        TcpListener::bind("127.0.0.1:0").await?,
        shutdown.clone(),
    ));
    let left = "select exists (select from tests where status in ('PENDING', 'RUNNING'))";
    let mut looks = 1;
    while query_scalar::<_, bool>(left).fetch_one(&mut *connection).await? {
        ensure!(!service.is_finished(), "the service has ended");
        looks += 1;
        sleep(LOOK).await;
    }
    let (took, computed) = (started.elapsed(), cpu_time()?.saturating_sub(computed));
    shutdown.cancel();
    service.await.context("the service ended")??;
    let done = "select count(*) from tests where status = 'COMPLETED' and attempts = 1";
    let done: i64 = query_scalar(done).fetch_one(&mut *connection).await?;
    ensure!(done == i64::from(tests), "only {done} of {tests} tests were completed at once");
    let transactions = transactions(connection).await? - before - looks - 1;
    Ok(Drained { took, computed, transactions })
}

fn config(args: &Args, url: &str) -> anyhow::Result<test_service::Config> {
    let mut env = Env::with([
        ("DATABASE_URL", url.to_owned()),
        ("INTERNAL_TOKEN", Uuid::new_v4().to_string()),
        // Nobody asks for a prompt.
        ("PROMPT_SERVICE_URL", "http://127.0.0.1:1".to_owned()),
        ("TEST_WORKERS", args.slots.to_string()),
    ]);
    let config = test_service::Config::read(&mut env);
    Ok(env.finish(config)?)
}

/// Transactions in this database so far, this one's own aside.
async fn transactions(connection: &mut PgConnection) -> anyhow::Result<i64> {
    // What sessions did is reported when they are idle, or end: a second at most.
    sleep(Duration::from_millis(1500)).await;
    connection.execute("select pg_stat_clear_snapshot()").await?;
    let sql = "select xact_commit + xact_rollback from pg_stat_database
               where datname = current_database()";
    Ok(query_scalar(sql).fetch_one(connection).await?)
}

/// What all threads of this process have computed so far; Linux only.
fn cpu_time() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").context("cannot ask for the CPU time")?;
    // The program's name comes second, in parentheses, and may hold anything; user and system time are
    // the 14th and 15th field, in hundredths of a second.
    let fields = stat.rsplit_once(") ").map(|(_, rest)| rest.split(' ').skip(11).take(2));
    let ticks: Option<u64> = fields.and_then(|fields| fields.map(|f| f.parse::<u64>().ok()).sum());
    Ok(Duration::from_millis(10 * ticks.context("cannot read the CPU time")?))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
