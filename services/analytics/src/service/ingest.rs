//! Applying events, each once.

use std::collections::HashSet;

use ids::EventId;
use sqlx::PgPool;

use crate::{
    domain::{Activity, DeadLetter, PromptActivity, PromptEvent, UserActivity},
    error::ServiceError,
    repo::{activity_counts, dead_letters, events, prompt_views},
};

/// The counts of one transaction.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ingested {
    /// The number of events that were new.
    pub applied: u64,
    /// The number of events that had been applied before.
    pub repeated: u64,
    /// The number of dead letters that were new.
    pub refused: u64,
}

/// Applies events and puts dead letters aside, in one transaction; what was there before changes
/// nothing.
pub async fn ingest(
    pool: &PgPool,
    activities: &[Activity],
    letters: &[DeadLetter],
) -> Result<Ingested, ServiceError> {
    let activities: Vec<&Activity> = activities.iter().collect();
    let mut ingested = Ingested::default();
    let mut tx = pool.begin().await?;
    let (users, prompts) = split_by_table(&activities);
    let mut new: HashSet<EventId> = HashSet::new();
    if !users.is_empty() {
        new.extend(events::insert_users(&mut tx, &users).await?);
    }
    if !prompts.is_empty() {
        new.extend(events::insert_prompts(&mut tx, &prompts).await?);
    }
    // Each is removed as it is met: an event that is in the batch twice is new once.
    let fresh: Vec<&Activity> =
        activities.iter().copied().filter(|activity| new.remove(&activity.event_id())).collect();
    ingested.applied = fresh.len() as u64;
    ingested.repeated = (activities.len() - fresh.len()) as u64;
    if !fresh.is_empty() {
        let (_, prompts) = split_by_table(&fresh);
        let is_view =
            |activity: &&PromptActivity| matches!(activity.event, PromptEvent::Viewed { .. });
        let views: Vec<&PromptActivity> = prompts.into_iter().filter(is_view).collect();
        if !views.is_empty() {
            prompt_views::count(&mut tx, &views).await?;
        }
        activity_counts::add(&mut tx, &fresh).await?;
    }
    if !letters.is_empty() {
        ingested.refused = dead_letters::insert(&mut tx, letters).await?;
    }
    tx.commit().await?;
    Ok(ingested)
}

/// Splits activities by the table that they go into.
fn split_by_table<'a>(
    activities: &[&'a Activity],
) -> (Vec<&'a UserActivity>, Vec<&'a PromptActivity>) {
    let (mut users, mut prompts) = (Vec::new(), Vec::new());
    for activity in activities {
        match activity {
            Activity::User(activity) => users.push(activity),
            Activity::Prompt(activity) => prompts.push(activity),
        }
    }
    (users, prompts)
}
