//! Writes the events in parts, several at once. Each part is one transaction.

use std::ops::Range;

use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream};
use promptforge::console::Bar;
use sqlx::{
    Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::task::spawn_blocking;

use super::{plan::Plan, rows::Tables};

/// The number of views that one transaction writes; a few parts of them are in memory.
const PART: u64 = 50_000;

const BAR: &str = "seeding {bar:40.cyan} {human_pos}/{human_len} views  {per_sec}  {eta} left";
const REBUILD_BAR: &str =
    "rebuilding {bar:40.cyan} {human_pos}/{human_len} views  {per_sec}  {eta} left";

/// Opens a pool for writing much.
///
/// # Errors
/// When the database cannot be reached.
pub async fn pool(url: &str, jobs: u32) -> anyhow::Result<PgPool> {
    let options: PgConnectOptions = url.parse().context("not a Postgres URL")?;
    let options = options
        .application_name("promptforge-seed")
        .options([("synchronous_commit", "off"), ("maintenance_work_mem", "256MB")]);
    let pool = PgPoolOptions::new().max_connections(jobs + 1).connect_with(options);
    pool.await.context("cannot reach Postgres")
}

/// Writes all events, and returns their number.
///
/// # Errors
/// When a part cannot be written.
pub async fn load(pool: &PgPool, plan: &Plan, jobs: u32) -> anyhow::Result<u64> {
    ensure_partitions(pool, plan).await?;
    let views = plan.numbers.views;
    let bar = Bar::new(views, BAR);
    let parts = (0..views).step_by(PART as usize).map(|start| start..(start + PART).min(views));
    let written = stream::iter(parts)
        .map(|part| write(pool, plan, part, &bar))
        .buffer_unordered(jobs as usize)
        .try_fold(0, async |sum, events| Ok(sum + events))
        .await;
    bar.end();
    written
}

async fn write(pool: &PgPool, plan: &Plan, part: Range<u64>, bar: &Bar) -> anyhow::Result<u64> {
    let (plan, views) = (*plan, part.end - part.start);
    let tables = spawn_blocking(move || Tables::new(&plan, part)).await?;
    let events = tables.events();
    let mut transaction = pool.begin().await?;
    tables.write(&mut transaction).await?;
    transaction.commit().await?;
    bar.advance(views);
    Ok(events)
}

/// Makes the partitions of each month, which the service makes when a batch touches the month.
async fn ensure_partitions(pool: &PgPool, plan: &Plan) -> anyhow::Result<()> {
    sqlx::query(
        "select ensure_month_partition(parent, month::date)
         from unnest(array['user_activity_events', 'prompt_activity_events', 'event_ids']) parent,
              generate_series(date_trunc('month', to_timestamp($1), 'UTC') at time zone 'UTC',
                              to_timestamp($2) at time zone 'UTC', '1 month') month",
    )
    .bind(plan.from as f64 / 1000.0)
    .bind(plan.until as f64 / 1000.0)
    .execute(pool)
    .await
    .context("cannot make the partitions")?;
    Ok(())
}

/// Has the rollups rebuilt from the events, by the code that operators run.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn rebuild(url: &str, plan: &Plan) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    let bar = Bar::new(plan.numbers.views, REBUILD_BAR);
    let mut done = 0;
    let progress = |_, views: u64| {
        bar.advance(views - done);
        done = views;
    };
    let rebuilt = analytics_service::rebuild(&mut connection, progress).await;
    bar.end();
    rebuilt.context("cannot rebuild the rollups")?;
    connection.close().await?;
    Ok(())
}

/// Vacuums and analyses the database, so that the planner knows the new data.
///
/// # Errors
/// When the vacuum fails.
pub async fn vacuum(pool: &PgPool) -> anyhow::Result<()> {
    sqlx::raw_sql("vacuum (analyze)").execute(pool).await.context("cannot vacuum")?;
    Ok(())
}
