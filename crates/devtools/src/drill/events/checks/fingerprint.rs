//! All numbers, in a form that is quickly compared.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgPool, query_as};

use crate::drill::report::Report;

/// The query of each fingerprint. Keys of scores are sums, whose last bits depend on the order.
const NUMBERS: [(&str, &str); 7] = [
    ("views of prompts", "select * from prompt_days"),
    ("events by day", "select * from activity_days"),
    ("events by minute", "select * from activity_minutes where minute > now() - interval '6 days'"),
    ("totals", "select event_type, events from activity_totals"),
    ("authors", "select * from prompt_authors"),
    (
        "scores",
        "select prompt_id, last_day, round(key_1::numeric, 6), round(key_7::numeric, 6),
                round(key_30::numeric, 6), round(key_90::numeric, 6) from prompt_scores",
    ),
    (
        "dead letters",
        "select topic, kafka_partition, kafka_offset, digest, replayed_at from dead_letters",
    ),
];

/// Raw events and their ids, which a dropped month takes along.
const EVENTS: [(&str, &str); 2] = [
    (
        "raw events",
        "select event_id, event_time from user_activity_events
         union all select event_id, event_time from prompt_activity_events",
    ),
    ("ids of events", "select event_id, event_time from event_ids"),
];

/// The number of rows, and a digest of them, by name.
pub struct Fingerprint(BTreeMap<&'static str, (i64, String)>);

impl Fingerprint {
    /// Takes the fingerprints of all numbers; `events` also those of raw events and ids.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn take(pool: &PgPool, events: bool) -> anyhow::Result<Self> {
        let mut prints = BTreeMap::new();
        let others = EVENTS.iter().filter(|_| events);
        for (name, rows) in NUMBERS.iter().chain(others) {
            let sql = format!(
                "select count(*), md5(coalesce(string_agg(r::text, ',' order by r::text), ''))
                 from ({rows}) r"
            );
            let print: (i64, String) = query_as(AssertSqlSafe(sql)).fetch_one(pool).await?;
            prints.insert(*name, print);
        }
        Ok(Self(prints))
    }

    /// Leaves out what a dropped month takes along.
    pub fn without_events(mut self) -> Self {
        self.0.retain(|name, _| EVENTS.iter().all(|(other, _)| name != other));
        self
    }

    /// Expects that nothing has changed since this was taken.
    pub fn expect_same(&self, now: &Self, when: &str, report: &mut Report) {
        let print = |it: &(i64, String)| format!("{} rows, {}", it.0, &it.1[..8]);
        for (name, before) in &self.0 {
            let after = now.0.get(name).map_or_else(|| "none".to_owned(), print);
            report.expect(format!("{name}, {when}"), print(before), after);
        }
    }
}
