//! Applying events, each once.

use std::collections::{HashMap, HashSet};

use chrono::{Datelike, NaiveDate};
use ids::{EventId, PromptId};
use sqlx::{PgConnection, PgPool};
use timestamp::Timestamp;

use crate::{
    domain::{Activity, DayViews, DeadLetter, PromptActivity, Viewer, quarter::day_and_quarter},
    error::ServiceError,
    repo::{
        activity_deltas, applied_seconds, dead_letters, event_ids, events, partitions,
        prompt_authors,
        prompt_view_deltas::{self, Delta},
        retention,
    },
};

/// The counts of one transaction.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ingested {
    /// The number of events that were new.
    pub applied: u64,
    /// The number of events that had been applied before.
    pub repeated: u64,
    /// The number of events that are older than what is kept, and were passed over.
    pub expired: u64,
    /// The number of dead letters that were new.
    pub refused: u64,
}

/// Applies events and puts dead letters aside, in one transaction; what was there before changes
/// nothing, and neither does what happened more than `retention_days` ago.
pub async fn ingest(
    pool: &PgPool,
    retention_days: u16,
    activities: &[&Activity],
    letters: &[DeadLetter],
) -> Result<Ingested, ServiceError> {
    let mut ingested = Ingested::default();
    let now = Timestamp::now();
    let (mut tx, kept) = loop {
        let mut tx = pool.begin().await?;
        retention::lock_shared(&mut tx).await?;
        let floor = retention::floor(&mut tx, retention_days.into()).await?;
        // The ids that were made before it may be forgotten as well: one could come back under a later time.
        let is_kept = |activity: &Activity| {
            let made = time_of(activity.event_id());
            floor.is_none_or(|it| activity.event_time() >= it && made.is_none_or(|made| made >= it))
        };
        let kept: Vec<&Activity> = activities.iter().copied().filter(|a| is_kept(a)).collect();
        let missing = missing_partitions(&mut tx, &kept, floor).await?;
        if missing.is_empty() {
            break (tx, kept);
        }
        // In transactions of their own, ahead of ours: making one locks others out.
        tx.rollback().await?;
        for (table, month) in missing {
            partitions::ensure(pool, &table, month).await?;
        }
    };
    ingested.expired = (activities.len() - kept.len()) as u64;
    let fresh = enter_ids(&mut tx, &kept).await?;
    ingested.applied = fresh.len() as u64;
    ingested.repeated = (kept.len() - fresh.len()) as u64;
    insert_events(&mut tx, &fresh, now).await?;
    if !letters.is_empty() {
        ingested.refused = dead_letters::insert(&mut tx, letters).await?;
    }
    if !fresh.is_empty() {
        applied_seconds::add(&mut tx, fresh.len() as i64).await?;
    }
    tx.commit().await?;
    Ok(ingested)
}

/// Returns which tables lack the partition of which month, for these events.
async fn missing_partitions(
    connection: &mut PgConnection,
    activities: &[&Activity],
    floor: Option<Timestamp>,
) -> sqlx::Result<Vec<(String, NaiveDate)>> {
    let mut wanted: HashSet<(&str, NaiveDate)> = HashSet::new();
    for activity in activities {
        let table = match activity {
            Activity::User(_) => "user_activity_events",
            Activity::Prompt(_) => "prompt_activity_events",
        };
        let happened = first_of_month(activity.event_time());
        wanted.insert((table, happened));
        // An id may say any time: only months that events may have get a partition.
        let made = time_of(activity.event_id());
        if made.is_some_and(|made| floor.is_none_or(|f| made >= f) && made <= latest()) {
            wanted.insert(("event_ids", made.map_or(happened, first_of_month)));
        }
    }
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let (tables, months): (Vec<&str>, Vec<NaiveDate>) = wanted.into_iter().unzip();
    partitions::missing(connection, &tables, &months).await
}

/// Returns the latest time that an event may have.
fn latest() -> Timestamp {
    Timestamp(Timestamp::now().0 + chrono::TimeDelta::days(1))
}

/// Returns the time at which a UUIDv7 was made.
fn time_of(event_id: EventId) -> Option<Timestamp> {
    if event_id.0.get_version_num() != 7 {
        return None;
    }
    let millis = i64::try_from(event_id.0.as_u128() >> 80).ok()?;
    Some(Timestamp::from_millis(millis))
}

fn first_of_month(time: Timestamp) -> NaiveDate {
    let day = time.0.date_naive();
    day.with_day(1).unwrap_or(day)
}

/// Enters events into the ledger; returns those that are new. Of two with one id, the first counts.
async fn enter_ids<'a>(
    connection: &mut PgConnection,
    activities: &[&'a Activity],
) -> sqlx::Result<Vec<&'a Activity>> {
    let mut met: HashSet<EventId> = HashSet::with_capacity(activities.len());
    let mut once: Vec<&Activity> =
        activities.iter().copied().filter(|activity| met.insert(activity.event_id())).collect();
    if once.is_empty() {
        return Ok(once);
    }
    // Neighbours in the index are entered one after another.
    once.sort_unstable_by_key(|activity| activity.event_id());
    let ids: Vec<EventId> = once.iter().map(|activity| activity.event_id()).collect();
    let times: Vec<Timestamp> = once.iter().map(|activity| activity.event_time()).collect();
    let new = event_ids::insert(connection, &ids, &times).await?;
    if new.len() == once.len() {
        return Ok(once);
    }
    let new: HashSet<EventId> = new.into_iter().collect();
    Ok(once.into_iter().filter(|activity| new.contains(&activity.event_id())).collect())
}

/// Inserts new events and what they add to figures.
async fn insert_events(
    connection: &mut PgConnection,
    fresh: &[&Activity],
    now: Timestamp,
) -> sqlx::Result<()> {
    let (mut users, mut prompts, mut views, mut creations) = (vec![], vec![], vec![], vec![]);
    for activity in fresh {
        match activity {
            Activity::User(activity) => users.push(activity),
            Activity::Prompt(activity) => {
                prompts.push(activity);
                if activity.is_view() { &mut views } else { &mut creations }.push(activity);
            }
        }
    }
    if !users.is_empty() {
        events::insert_users(connection, &users).await?;
    }
    if !prompts.is_empty() {
        events::insert_prompts(connection, &prompts).await?;
    }
    if !views.is_empty() {
        prompt_view_deltas::insert(connection, &deltas(&views, now)).await?;
    }
    if !creations.is_empty() {
        prompt_authors::insert(connection, &creations).await?;
    }
    if !fresh.is_empty() {
        activity_deltas::insert(connection, fresh, now).await?;
    }
    Ok(())
}

/// Adds up views by prompt, day, and the time from which on they count, if that is ahead.
fn deltas(views: &[&PromptActivity], now: Timestamp) -> Vec<(Delta, Option<Timestamp>)> {
    type Views = Vec<(u8, Option<Viewer>)>;
    let mut by_day: HashMap<(PromptId, NaiveDate, Option<Timestamp>), Views> =
        HashMap::with_capacity(views.len());
    for view in views {
        let (day, quarter) = day_and_quarter(view.event_time);
        let visible_at = (view.event_time > now).then_some(view.event_time);
        let of_day = by_day.entry((view.prompt_id, day, visible_at)).or_default();
        of_day.push((quarter, view.viewer()));
    }
    let delta = |((prompt_id, day, visible_at), views): ((PromptId, _, _), Views)| {
        (Delta { prompt_id, day, views: DayViews::of_views(views) }, visible_at)
    };
    by_day.into_iter().map(delta).collect()
}
