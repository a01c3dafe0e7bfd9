//! The bound: how many rows Postgres takes with nothing around the insert.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgPool, query};
use tokio::{task::JoinSet, time::Instant};
use uuid::Uuid;

use crate::{
    seed::rng::{Rng, Stream},
    seed_analytics::plan::{Plan, View, Viewer},
};

/// Inserts rows like those of views by `UNNEST … ON CONFLICT DO NOTHING` into a table with its unique
/// index and nothing else, over several connections, and returns the time that it took.
///
/// # Errors
/// When Postgres refuses a statement.
pub async fn insert(
    pool: &PgPool,
    plan: &Plan,
    rows: u64,
    batch: u64,
    connections: u64,
) -> anyhow::Result<Duration> {
    sqlx::raw_sql(
        "drop table if exists unnest_baseline;
         create table unnest_baseline (
             event_id uuid primary key, prompt_id uuid not null, user_id uuid, viewer uuid,
             event_type text not null, event_time timestamptz not null,
             received_at timestamptz not null default now())",
    )
    .execute(pool)
    .await?;
    let started = Instant::now();
    let mut tasks: JoinSet<sqlx::Result<()>> = JoinSet::new();
    for connection in 0..connections {
        let (pool, plan) = (pool.clone(), *plan);
        let numbers = rows * connection / connections..rows * (connection + 1) / connections;
        tasks.spawn(async move {
            let mut first = numbers.start;
            while first < numbers.end {
                let end = (first + batch).min(numbers.end);
                insert_batch(&pool, (first..end).map(|number| view(&plan, number))).await?;
                first = end;
            }
            Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let took = started.elapsed();
    sqlx::raw_sql("drop table unnest_baseline").execute(pool).await?;
    Ok(took)
}

async fn insert_batch(pool: &PgPool, views: impl Iterator<Item = View>) -> sqlx::Result<()> {
    let views: Vec<View> = views.collect();
    let account = |view: &View| match view.viewer {
        Viewer::Account(id) => Some(id),
        Viewer::Visitor(_) | Viewer::Unknown => None,
    };
    let visitor = |view: &View| match view.viewer {
        Viewer::Visitor(key) => Some(key),
        Viewer::Account(_) | Viewer::Unknown => None,
    };
    query(
        "insert into unnest_baseline (event_id, prompt_id, user_id, viewer, event_type, event_time)
         select event_id, prompt_id, user_id, viewer, 'VIEWED', event_time
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[])
              as e (event_id, prompt_id, user_id, viewer, event_time)
         on conflict do nothing",
    )
    .bind(views.iter().map(|view| view.event_id).collect::<Vec<Uuid>>())
    .bind(views.iter().map(|view| view.prompt_id).collect::<Vec<Uuid>>())
    .bind(views.iter().map(account).collect::<Vec<Option<Uuid>>>())
    .bind(views.iter().map(visitor).collect::<Vec<Option<Uuid>>>())
    .bind(views.iter().map(|view| time(view.at)).collect::<Vec<DateTime<Utc>>>())
    .execute(pool)
    .await?;
    Ok(())
}

/// Makes a view that comes after all of the plan, a hundred each millisecond.
fn view(plan: &Plan, number: u64) -> View {
    let mut rng = Rng::new(plan.seed, Stream::Bench, number);
    plan.view_at(&mut rng, plan.until + number as i64 / 100)
}

fn time(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}
