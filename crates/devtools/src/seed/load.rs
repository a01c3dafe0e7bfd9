//! Writing what is made, several batches at once. Each is one transaction, so that whatever ends the
//! program leaves whole batches.

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
    people::{self, People},
    plan::Plan,
    prompts::{self, Batch},
    rows::Tables,
    versions::Versions,
};

/// How many accounts, or the follows of how many, are written in one transaction.
const PEOPLE: usize = 2_000;

/// How many rows were written, by table.
#[derive(Default)]
pub struct Tally(pub BTreeMap<&'static str, u64>);

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        for (table, rows) in other.0 {
            *self.0.entry(table).or_default() += rows;
        }
    }
}

impl Tally {
    fn note(&mut self, table: &'static str, rows: u64) {
        *self.0.entry(table).or_default() += rows;
    }

    pub fn rows(&self) -> u64 {
        self.0.values().sum()
    }
}

/// What the sessions of a pool are for.
#[derive(Clone, Copy)]
pub enum Prepare {
    Nothing,
    Prompts,
}

/// A pool for writing much. What a crash of the server could take back are whole batches, which is
/// no more than a run that was interrupted.
///
/// # Errors
/// When the database cannot be reached.
pub async fn pool(url: &str, connections: u32, prepare: Prepare) -> anyhow::Result<PgPool> {
    let options: PgConnectOptions = url.parse().context("not a Postgres URL")?;
    let options = options.application_name("promptforge-seed").options([
        ("synchronous_commit", "off"),
        // The indexes over words take up entries many at a time, and sort them in memory.
        ("gin_pending_list_limit", "64MB"),
        ("work_mem", "128MB"),
        ("maintenance_work_mem", "256MB"),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                match prepare {
                    Prepare::Nothing => Ok(()),
                    Prepare::Prompts => Tables::prepare(connection).await,
                }
            })
        })
        .connect_with(options);
    pool.await.context("cannot reach Postgres")
}

/// Writes a plan into the stores.
pub struct Loader {
    pub plan: Plan,
    pub people: People,
    pub users: PgPool,
    pub prompts: PgPool,
    /// `None` leaves versions out.
    pub versions: Option<Versions>,
    pub jobs: usize,
    /// Whether batches may be there already; those are passed over.
    pub resume: bool,
    pub bar: Bar,
}

impl Loader {
    /// # Errors
    /// When something cannot be written; run again with `resume`, it goes on from there.
    pub async fn run(self) -> anyhow::Result<Tally> {
        let loader = Arc::new(self);
        let result = loader.clone().all().await;
        loader.bar.end();
        result
    }

    async fn all(self: Arc<Self>) -> anyhow::Result<Tally> {
        let loader = self;
        let (people, prompts) = (loader.people.count(), loader.plan.numbers.prompts);
        let mut tally = Tally::default();
        tally += loader.clone().each(people, PEOPLE, Self::accounts).await.context("users")?;
        // After all of them: whoever is followed must be there.
        tally += loader.clone().each(people, PEOPLE, Self::follows).await.context("follows")?;
        tally += loader.each(prompts, prompts::BATCH, Self::prompts).await.context("prompts")?;
        Ok(tally)
    }

    async fn each<F>(
        self: Arc<Self>,
        count: usize,
        size: usize,
        write: impl Fn(Arc<Self>, Range<usize>) -> F,
    ) -> anyhow::Result<Tally>
    where
        F: Future<Output = anyhow::Result<Tally>>,
    {
        let ranges = (0..count).step_by(size).map(|start| start..(start + size).min(count));
        stream::iter(ranges)
            .map(|range| write(self.clone(), range))
            .buffer_unordered(self.jobs)
            .try_fold(Tally::default(), async |mut tally, batch| {
                tally += batch;
                Ok(tally)
            })
            .await
    }

    async fn accounts(self: Arc<Self>, range: Range<usize>) -> anyhow::Result<Tally> {
        let mut tally = Tally::default();
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
            tally.note("users", rows.count());
            rows.write(&mut *self.users.acquire().await?).await?;
        }
        self.bar.advance(range.len() as u64);
        Ok(tally)
    }

    async fn follows(self: Arc<Self>, range: Range<usize>) -> anyhow::Result<Tally> {
        const THERE: &str = "select exists (select from follows where follower_id = any($1))";
        let mut tally = Tally::default();
        let ids = &self.people.ids[range.clone()];
        if !self.has(&self.users, THERE, ids).await? {
            let loader = self.clone();
            let range = range.clone();
            let rows = spawn_blocking(move || people::follows(&loader.plan, &loader.people, range))
                .await?;
            tally.note("follows", rows.count());
            rows.write(&mut *self.users.acquire().await?).await?;
        }
        self.bar.advance(sum(&self.plan.follows[range]));
        Ok(tally)
    }

    async fn prompts(self: Arc<Self>, range: Range<usize>) -> anyhow::Result<Tally> {
        const THERE: &str = "select exists (select from prompts where id = any($1))";
        let mut tally = Tally::default();
        let first = [Batch::id_of_first(&self.plan, &range)];
        if !self.has(&self.prompts, THERE, &first).await? {
            let (loader, with_versions) = (self.clone(), self.versions.is_some());
            let part = range.clone();
            let batch = spawn_blocking(move || {
                Batch::new(&loader.plan, &loader.people, part, with_versions)
            })
            .await?;
            for (table, rows) in batch.tables.counts() {
                tally.note(table, rows);
            }
            let mut transaction = self.prompts.begin().await?;
            if let Some(versions) = &self.versions {
                // First, as the prompt service does: a version that Postgres knows of is there. Its
                // sweep would take them for orphans, old as they are: it stands still meanwhile.
                sqlx::query("select from version_sweep for share")
                    .execute(&mut *transaction)
                    .await?;
                versions.write(&batch.versions).await?;
                tally.note("versions", batch.versions.len() as u64);
            }
            batch.tables.write(&mut transaction).await?;
            transaction.commit().await?;
        }
        let plan = &self.plan;
        let reactions = [&plan.likes, &plan.ratings, &plan.comments];
        let reactions = reactions.map(|counts| sum(&counts[range.clone()]));
        self.bar.advance(range.len() as u64 + reactions.iter().sum::<u64>());
        Ok(tally)
    }

    /// Whether one of these is there.
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

/// Tells the planner what the tables hold now, and which pages are visible to everyone; it also sorts
/// in what the indexes over words still have waiting.
///
/// # Errors
/// When it fails.
pub async fn settle(pool: &PgPool) -> anyhow::Result<()> {
    sqlx::raw_sql("vacuum (analyze)").execute(pool).await.context("cannot vacuum")?;
    Ok(())
}
