//! Applied events against what was sent.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};
use promptforge::console;
use sqlx::{FromRow, PgPool, query_as, query_scalar};
use uuid::Uuid;

use crate::drill::{
    events::{
        ledger::Expected,
        message::{Fact, Kind},
    },
    report::Report,
};

#[derive(FromRow)]
struct Row {
    event_id: Uuid,
    event_type: String,
    subject: Uuid,
    user_id: Option<Uuid>,
    viewer: Option<Uuid>,
    event_time: DateTime<Utc>,
}

const ROWS: &str = "select event_id, event_type, user_id as subject, null::uuid as user_id,
                           null::uuid as viewer, event_time from user_activity_events
                    union all
                    select event_id, event_type, prompt_id, user_id, viewer, event_time
                    from prompt_activity_events";

/// Checks that each event is applied once, as it was sent, and nothing else is.
///
/// # Errors
/// When the database is away.
pub async fn check(pool: &PgPool, expected: &Expected, report: &mut Report) -> anyhow::Result<()> {
    let rows: Vec<Row> = query_as(ROWS).fetch_all(pool).await?;
    let mut by_id: HashMap<Uuid, Vec<&Row>> = HashMap::new();
    for row in &rows {
        by_id.entry(row.event_id).or_default().push(row);
    }
    let (mut once, mut missing, mut wrong) = (0, 0, 0);
    for (id, facts) in &expected.events {
        match by_id.get(id).map(Vec::as_slice) {
            Some([row]) if facts.iter().any(|fact| states(row, fact)) => once += 1,
            Some([_]) => wrong += 1,
            Some(_) => {}
            None => {
                missing += 1;
                console::eprint(&format!("missing: {:?}", facts[0]));
            }
        }
    }
    let is_known = |id| expected.events.contains_key(id) || expected.cut_events.contains_key(id);
    let twice = by_id.values().filter(|rows| rows.len() > 1).count();
    let unknown = by_id.keys().filter(|id| !is_known(id)).count();
    let cut = expected.cut_events.keys().filter(|id| !by_id.contains_key(id)).count();
    report.note("events that were cut from the log unread, and are lost", cut);
    report.expect("good events applied exactly once", expected.events.len(), once);
    report.expect("good events missing", 0, missing);
    report.expect("events applied with what nobody sent", 0, wrong);
    report.expect("events applied twice", 0, twice);
    report.expect("events that nobody sent, or that were aborted or too old", 0, unknown);
    report.expect("the log was cut before unread events", true, cut > 0);

    let ledger: i64 = query_scalar("select count(*) from event_ids").fetch_one(pool).await?;
    report.expect("ids in the ledger", rows.len(), ledger);
    let sql = "select count(*) from event_ids i full join
                   (select event_id, event_time from user_activity_events
                    union all select event_id, event_time from prompt_activity_events) e
                   using (event_id, event_time)
               where i.event_id is null or e.event_id is null";
    let unlike: i64 = query_scalar(sql).fetch_one(pool).await?;
    report.expect("ids of the ledger without their event, or the other way round", 0, unlike);
    let sql = "select (select count(*) from user_activity_events_default)
                    + (select count(*) from prompt_activity_events_default)";
    let stray: i64 = query_scalar(sql).fetch_one(pool).await?;
    report.expect("raw events outside the partitions of months", 0, stray);
    Ok(())
}

/// Tells whether a row is what an event states.
fn states(row: &Row, fact: &Fact) -> bool {
    let viewer = fact.viewer_key.as_deref().filter(|_| fact.user.is_none()).map(hash);
    let user = if fact.kind == Kind::Registered { None } else { fact.user };
    row.event_type == fact.kind.column()
        && row.subject == fact.subject
        && row.user_id == user
        && row.viewer == viewer
        && row.event_time == fact.time
}

/// Returns the first half of the SHA-256 of a viewer's key.
fn hash(key: &str) -> Uuid {
    let digest = digest(&SHA256, key.as_bytes());
    Uuid::from_slice(&digest.as_ref()[..16]).unwrap_or_default()
}
