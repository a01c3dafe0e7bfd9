//! `promptforge-dev bench tests`: the cost of the queue of prompt tests.
//!
//! The command makes a database on the server, fills it, and drops it in the end. A test service in this
//! same process drains it, so that the CPU time of the process is the queue's own. The provider is MOCK,
//! which takes no time unless the model's name asks for it.

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

/// The time that `mock-slow` takes.
const SLOW: Duration = Duration::from_millis(200);

/// The largest allowed ratio of the time for slow tests to their ideal time.
const ALLOWED_FACTOR: f64 = 2.0;

/// The largest allowed time of the queue itself for one test.
const ALLOWED_COST: Duration = Duration::from_millis(2);

/// The time between two looks at the queue.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The number of users that the tests belong to.
const USERS: u32 = 100;

/// Measure the cost of the queue of prompt tests
///
/// Makes a database on the server, and drops it in the end.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    stores: Stores,
    /// The number of tests at once
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    slots: u32,
    /// The number of tests that take 200 ms each
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    slow: u32,
    /// The number of tests that take no time
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
        console::eprint(&format!("the database {name} stays: {error}"));
    }
    Ok(if outcome? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Measures; tells whether both limits hold.
async fn measure(args: &Args, options: &PgConnectOptions, url: &str) -> anyhow::Result<bool> {
    let mut connection = options.connect().await?;
    // The first run warms up and is not measured.
    drain(args, &mut connection, url, "mock", args.slots).await?;

    let slow = drain(args, &mut connection, url, "mock-slow", args.slow).await?;
    let ideal = SLOW * args.slow.div_ceil(args.slots);
    let allowed = ideal.mul_f64(ALLOWED_FACTOR);
    console::print(&format!(
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
    console::print(&format!(
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

/// The cost of draining the queue.
struct DrainCost {
    took: Duration,
    /// The CPU time of this process, with the service in it.
    cpu_time_used: Duration,
    transactions: i64,
}

impl DrainCost {
    fn costs(&self, tests: u32) -> String {
        format!(
            "{:.3} ms of the service's CPU and {:.3} transactions a test",
            millis(self.cpu_time_used / tests),
            self.transactions as f64 / f64::from(tests),
        )
    }
}

/// Fills the queue, starts a service, and waits until the queue is empty.
async fn drain(
    args: &Args,
    connection: &mut PgConnection,
    url: &str,
    model: &str,
    tests: u32,
) -> anyhow::Result<DrainCost> {
    connection.execute("truncate tests").await?;
    query(
        "insert into tests (id, user_id, prompt_content, model_provider, model_name)
         select gen_random_uuid(), md5((n % $3)::text)::uuid, 'Say hello.', 'MOCK', $1
         from generate_series(1, $2) n",
    )
    .bind(model)
    .bind(i64::from(tests))
    .bind(i64::from(USERS))
    .execute(&mut *connection)
    .await?;
    connection.execute("vacuum analyze tests").await?;

    let before = transactions(connection).await?;
    let (started, cpu_time_used) = (Instant::now(), cpu_time()?);
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
        sleep(POLL_INTERVAL).await;
    }
    let (took, cpu_time_used) = (started.elapsed(), cpu_time()?.saturating_sub(cpu_time_used));
    shutdown.cancel();
    service.await.context("the service ended")??;
    let done = "select count(*) from tests where status = 'COMPLETED' and attempts = 1";
    let done: i64 = query_scalar(done).fetch_one(&mut *connection).await?;
    ensure!(done == i64::from(tests), "only {done} of {tests} tests were completed at once");
    let transactions = transactions(connection).await? - before - looks - 1;
    Ok(DrainCost { took, cpu_time_used, transactions })
}

fn config(args: &Args, url: &str) -> anyhow::Result<test_service::Config> {
    let mut env = Env::with([
        ("DATABASE_URL", url.to_owned()),
        ("INTERNAL_TOKEN", Uuid::new_v4().to_string()),
        // Tests of a text do not call the prompt service.
        ("PROMPT_SERVICE_URL", "http://127.0.0.1:1".to_owned()),
        ("TEST_WORKERS", args.slots.to_string()),
    ]);
    let config = test_service::Config::read(&mut env);
    Ok(env.finish(config)?)
}

/// Returns the number of transactions of this database so far, without its own.
async fn transactions(connection: &mut PgConnection) -> anyhow::Result<i64> {
    // Sessions report their transactions when they are idle or end, within a second.
    sleep(Duration::from_millis(1500)).await;
    connection.execute("select pg_stat_clear_snapshot()").await?;
    let sql = "select xact_commit + xact_rollback from pg_stat_database
               where datname = current_database()";
    Ok(query_scalar(sql).fetch_one(connection).await?)
}

/// Returns the CPU time of all threads of this process so far; Linux only.
fn cpu_time() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").context("cannot ask for the CPU time")?;
    // The second field is the program's name, in parentheses, and may hold anything. User and system time
    // are the 14th and 15th field, in hundredths of a second.
    let fields = stat.rsplit_once(") ").map(|(_, rest)| rest.split(' ').skip(11).take(2));
    let ticks: Option<u64> = fields.and_then(|fields| fields.map(|f| f.parse::<u64>().ok()).sum());
    Ok(Duration::from_millis(10 * ticks.context("cannot read the CPU time")?))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
