//! Writes batches, several at once. Each is one transaction, so that an interrupted run leaves whole
//! batches.

use std::{
    collections::BTreeMap,
    ops::{AddAssign, Range},
    sync::Arc,
};

use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream};
use promptforge::console::Bar;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
    query_scalar,
};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{
    batch::{self, Batch},
    people::{self, People},
    plan::Plan,
    rows::Tables,
    versions::Versions,
};

/// The number of people whose accounts, or whose follows, one transaction writes.
const PEOPLE: usize = 2_000;

/// The numbers of rows written, by table.
#[derive(Default)]
pub struct RowCounts(pub BTreeMap<&'static str, u64>);

impl AddAssign for RowCounts {
    fn add_assign(&mut self, other: Self) {
        for (table, rows) in other.0 {
            *self.0.entry(table).or_default() += rows;
        }
    }
}

impl RowCounts {
    fn add(&mut self, table: &'static str, rows: u64) {
        *self.0.entry(table).or_default() += rows;
    }

    /// Returns the number of rows of all tables.
    pub fn rows(&self) -> u64 {
        self.0.values().sum()
    }
}

/// The setup of each session of a pool.
#[derive(Clone, Copy)]
pub enum SessionSetup {
    Nothing,
    Prompts,
}

/// Opens a pool for bulk writes. It does not wait for the disk: a crash of the server can undo whole
/// batches, as an interrupted run does.
///
/// # Errors
/// When the database cannot be reached.
pub async fn pool(url: &str, connections: u32, setup: SessionSetup) -> anyhow::Result<PgPool> {
    let options: PgConnectOptions = url.parse().context("not a Postgres URL")?;
    let options = options.application_name("promptforge-seed").options([
        ("synchronous_commit", "off"),
        // The indexes over words take entries many at a time, and sort them in memory.
        ("gin_pending_list_limit", "64MB"),
        ("work_mem", "128MB"),
        ("maintenance_work_mem", "256MB"),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                match setup {
                    SessionSetup::Nothing => Ok(()),
                    SessionSetup::Prompts => Tables::prepare(connection).await,
                }
            })
        })
        .connect_with(options);
    pool.await.context("cannot reach Postgres")
}

/// A writer of a plan into the stores.
pub struct Loader {
    pub plan: Plan,
    pub people: People,
    pub users: PgPool,
    pub prompts: PgPool,
    /// The collection of versions; `None` leaves them out.
    pub versions: Option<Versions>,
    pub jobs: usize,
    /// True when batches that are written already are skipped.
    pub resume: bool,
    pub bar: Bar,
}

impl Loader {
    /// Writes everything.
    ///
    /// # Errors
    /// When a batch cannot be written; another run with `resume` goes on from there.
    pub async fn run(self) -> anyhow::Result<RowCounts> {
        let loader = Arc::new(self);
        let result = loader.clone().all().await;
        loader.bar.end();
        result
    }

    async fn all(self: Arc<Self>) -> anyhow::Result<RowCounts> {
        let loader = self;
        let (people, prompts) = (loader.people.count(), loader.plan.numbers.prompts);
        let mut row_counts = RowCounts::default();
        row_counts += loader.clone().each(people, PEOPLE, Self::accounts).await.context("users")?;
        // After all accounts, since a follow refers to two.
        row_counts +=
            loader.clone().each(people, PEOPLE, Self::follows).await.context("follows")?;
        row_counts += loader.each(prompts, batch::SIZE, Self::prompts).await.context("prompts")?;
        Ok(row_counts)
    }

    async fn each<F>(
        self: Arc<Self>,
        count: usize,
        size: usize,
        write: impl Fn(Arc<Self>, Range<usize>) -> F,
    ) -> anyhow::Result<RowCounts>
    where
        F: Future<Output = anyhow::Result<RowCounts>>,
    {
        let ranges = (0..count).step_by(size).map(|start| start..(start + size).min(count));
        stream::iter(ranges)
            .map(|range| write(self.clone(), range))
            .buffer_unordered(self.jobs)
            .try_fold(RowCounts::default(), async |mut row_counts, batch| {
                row_counts += batch;
                Ok(row_counts)
            })
            .await
    }

    async fn accounts(self: Arc<Self>, range: Range<usize>) -> anyhow::Result<RowCounts> {
        let mut row_counts = RowCounts::default();
        let ids = &self.people.ids[range.clone()];
        if !self
            .has(&self.users, "select exists (select from users where id = any($1))", ids)
            .await?
        {
            let loader = self.clone();
            let range = range.clone();
            let rows =
                spawn_blocking(move || people::accounts(&loader.plan, &loader.people, range))
                    .await?;
            row_counts.add("users", rows.count());
            rows.write(&mut *self.users.acquire().await?).await?;
        }
        self.bar.advance(range.len() as u64);
        Ok(row_counts)
    }

    async fn follows(self: Arc<Self>, range: Range<usize>) -> anyhow::Result<RowCounts> {
        const THERE: &str = "select exists (select from follows where follower_id = any($1))";
        let mut row_counts = RowCounts::default();
        let ids = &self.people.ids[range.clone()];
        if !self.has(&self.users, THERE, ids).await? {
            let loader = self.clone();
            let range = range.clone();
            let rows = spawn_blocking(move || people::follows(&loader.plan, &loader.people, range))
                .await?;
            row_counts.add("follows", rows.count());
            rows.write(&mut *self.users.acquire().await?).await?;
        }
        self.bar.advance(sum(&self.plan.follows[range]));
        Ok(row_counts)
    }

    async fn prompts(self: Arc<Self>, range: Range<usize>) -> anyhow::Result<RowCounts> {
        const THERE: &str = "select exists (select from prompts where id = any($1))";
        let mut row_counts = RowCounts::default();
        let first = [Batch::id_of_first(&self.plan, &range)];
        if !self.has(&self.prompts, THERE, &first).await? {
            let (loader, with_versions) = (self.clone(), self.versions.is_some());
            let part = range.clone();
            let batch = spawn_blocking(move || {
                Batch::new(&loader.plan, &loader.people, part, with_versions)
            })
            .await?;
            for (table, rows) in batch.tables.counts() {
                row_counts.add(table, rows);
            }
            let mut transaction = self.prompts.begin().await?;
            if let Some(versions) = &self.versions {
                // Before the prompts, as in the prompt service: a version that Postgres knows must exist.
                // The lock keeps the sweep from removing versions whose prompts are not written yet.
                sqlx::query("select from version_sweep for share")
                    .execute(&mut *transaction)
                    .await?;
                versions.write(&batch.versions).await?;
                row_counts.add("versions", batch.versions.len() as u64);
            }
            batch.tables.write(&mut transaction).await?;
            transaction.commit().await?;
        }
        let plan = &self.plan;
        let reactions = [&plan.likes, &plan.ratings, &plan.comments];
        let reactions = reactions.map(|counts| sum(&counts[range.clone()]));
        self.bar.advance(range.len() as u64 + reactions.iter().sum::<u64>());
        Ok(row_counts)
    }

    /// Tells whether the query finds a row with one of these ids.
    async fn has(&self, pool: &PgPool, query: &'static str, ids: &[Uuid]) -> sqlx::Result<bool> {
        if !self.resume {
            return Ok(false);
        }
        query_scalar(query).bind(ids).fetch_one(pool).await
    }
}

fn sum(counts: &[u32]) -> u64 {
    counts.iter().map(|count| u64::from(*count)).sum()
}

/// Vacuums and analyses a database, so that the planner knows the new data, and the indexes over words
/// take their pending entries.
///
/// # Errors
/// When the vacuum fails.
pub async fn vacuum(pool: &PgPool) -> anyhow::Result<()> {
    sqlx::raw_sql("vacuum (analyze)").execute(pool).await.context("cannot vacuum")?;
    Ok(())
}
