//! Events and steps of the property test, and the world that they happen in.

use chrono::{DateTime, TimeDelta, Utc};
use ids::{EventId, PromptId, UserId};
use proptest::prelude::*;
use sqlx::{PgPool, types::Uuid};
use timestamp::Timestamp;

use crate::{
    domain::{Activity, AnonymousViewer, PromptActivity, PromptEvent, UserActivity},
    repo::closed_spans::SpanThresholds,
    service::{
        close_days::{Thresholds, close_days},
        ingest::ingest,
        merge_deltas::merge_deltas,
        rebuild::rebuild,
    },
};

/// Days enough for every event of these tests.
pub const FOR_EVER: u16 = u16::MAX;

/// Both sides of the night in which clocks in Europe went back.
pub fn first_instant() -> DateTime<Utc> {
    "2025-10-24T00:00:00Z".parse().unwrap()
}

#[derive(Clone, Debug)]
pub struct TestEvent {
    kind: u8,
    prompt: u8,
    account: Option<u8>,
    viewer: Option<u8>,
    /// Minutes after the first instant; the last ones lie ahead of now instead.
    minute: i64,
}

const MINUTES: i64 = 5 * 24 * 60;

pub fn event() -> impl Strategy<Value = TestEvent> {
    let viewer = (proptest::option::of(0..6_u8), proptest::option::of(0..5_u8));
    (0..10_u8, 0..4_u8, viewer, 0..MINUTES + 100).prop_map(
        |(kind, prompt, (account, viewer), minute)| TestEvent {
            kind,
            prompt,
            account,
            viewer,
            minute,
        },
    )
}

/// An id for each number, the same in each case.
pub fn id(kind: u8, number: u8) -> Uuid {
    Uuid::from_bytes([kind, number, 7, 7, 7, 7, 0x47, 7, 0x87, 7, 7, 7, 7, 7, 7, 7])
}

pub fn prompts() -> Vec<PromptId> {
    (0..4).map(|number| PromptId(id(1, number))).collect()
}

pub fn view(prompt_id: PromptId, event_time: Timestamp, viewer: u32) -> Activity {
    let anonymous = Some(AnonymousViewer::from_key(&viewer.to_string()));
    Activity::Prompt(PromptActivity {
        event_id: EventId::new(),
        prompt_id,
        user_id: None,
        event_time,
        event: PromptEvent::Viewed { anonymous },
    })
}

impl TestEvent {
    fn activity(&self) -> Activity {
        let event_time = if self.minute < MINUTES {
            Timestamp(first_instant() + TimeDelta::minutes(self.minute))
        } else {
            Timestamp(Utc::now() + TimeDelta::hours(1))
        };
        let event_id = EventId::new();
        if self.kind == 0 {
            return Activity::User(UserActivity { event_id, user_id: UserId::new(), event_time });
        }
        let prompt_id = PromptId(id(1, self.prompt));
        if self.kind == 1 {
            // Who wrote it says the prompt, as it should be.
            let user_id = Some(UserId(id(2, self.prompt % 2)));
            let event = PromptEvent::Created;
            return Activity::Prompt(PromptActivity {
                event_id,
                prompt_id,
                user_id,
                event_time,
                event,
            });
        }
        let anonymous = self.viewer.map(|n| AnonymousViewer::from_key(&n.to_string()));
        Activity::Prompt(PromptActivity {
            event_id,
            prompt_id,
            user_id: self.account.map(|number| UserId(id(3, number))),
            event_time,
            event: PromptEvent::Viewed { anonymous },
        })
    }
}

#[derive(Clone, Debug)]
pub enum Step {
    /// Delivers so many events.
    Batch(usize),
    /// Delivers two batches at once.
    Both(usize, usize),
    /// Delivers everything again that was delivered.
    Repeat,
    /// Delivers it again under other times.
    RepeatAtAnotherTime,
    Merge,
    /// Closes all days, as after an upgrade, with one of the thresholds.
    Close(usize),
    Rebuild,
    /// Delivers what is left.
    Rest,
}

/// Thresholds that the events of a test pass: all of them, and some; and spans alone.
pub const THRESHOLDS: [Thresholds; 3] = [
    Thresholds {
        queued_entries: -1,
        day_entries: -1,
        month_entries: -1,
        day_prompts: 0,
        month_prompts: 0,
        author_prompts: 0,
        spans: SpanThresholds { rows: 1, author_prompts: 1, bytes: i64::MAX },
    },
    Thresholds {
        queued_entries: 1,
        day_entries: 5,
        month_entries: 12,
        day_prompts: 1,
        month_prompts: 4,
        author_prompts: 64,
        spans: SpanThresholds { rows: 2, author_prompts: 3, bytes: 180 },
    },
    Thresholds {
        queued_entries: 1_000_000,
        day_entries: i64::MAX,
        month_entries: i64::MAX,
        day_prompts: i64::MAX,
        month_prompts: i64::MAX,
        author_prompts: usize::MAX,
        spans: SpanThresholds { rows: 1, author_prompts: 1, bytes: i64::MAX },
    },
];

/// Queues all days and closes them.
pub async fn close_all(pool: &PgPool, thresholds: &Thresholds) {
    let queue_again = "update closing_progress set queued_until = null, spans_until = null";
    sqlx::raw_sql(queue_again).execute(pool).await.unwrap();
    close_queued(pool, thresholds).await;
}

/// Closes the days that are queued.
pub async fn close_queued(pool: &PgPool, thresholds: &Thresholds) {
    let closable = "2025-11-02".parse().unwrap();
    while close_days(pool, thresholds, closable).await.unwrap() {}
}

pub struct World {
    pub pool: PgPool,
    events: Vec<Activity>,
    delivered: usize,
}

impl World {
    pub async fn new(pool: PgPool, events: Vec<TestEvent>) -> Self {
        sqlx::raw_sql(
            "truncate event_ids, user_activity_events, prompt_activity_events, prompt_view_deltas,
                      prompt_days, prompt_scores, trending_candidates, prompt_authors, activity_deltas,
                      activity_days, activity_minutes, applied_seconds, closed_days, closed_months,
                      closed_spans, reopened_spans, closing_queue, author_changes;
             update trending_thresholds set rank = null, prompt_id = null;
             update closing_progress set queued_until = null, spans_until = null;
             update activity_totals set events = 0",
        )
        .execute(&pool)
        .await
        .unwrap();
        let events = events.iter().map(TestEvent::activity).collect();
        Self { pool, events, delivered: 0 }
    }

    pub async fn carry_out(&mut self, step: &Step) {
        match step {
            Step::Batch(count) => self.deliver(*count).await,
            Step::Both(one, other) => self.deliver_both(*one, *other).await,
            Step::Repeat => {
                let again: Vec<&Activity> = self.events[..self.delivered].iter().collect();
                let ingested = ingest(&self.pool, FOR_EVER, &again, &[]).await.unwrap();
                assert_eq!((ingested.applied, ingested.repeated), (0, again.len() as u64));
            }
            Step::RepeatAtAnotherTime => self.repeat_at_another_time().await,
            Step::Merge => drop(merge_deltas(&self.pool).await.unwrap()),
            Step::Close(thresholds) => close_all(&self.pool, &THRESHOLDS[*thresholds]).await,
            Step::Rebuild => {
                let mut connection = self.pool.acquire().await.unwrap();
                rebuild(&mut connection, |_, _| ()).await.unwrap();
            }
            Step::Rest => self.deliver(self.events.len()).await,
        }
    }

    fn next(&mut self, count: usize) -> std::ops::Range<usize> {
        let first = self.delivered;
        self.delivered = self.events.len().min(first + count);
        first..self.delivered
    }

    async fn deliver(&mut self, count: usize) {
        let range = self.next(count);
        // Twice in one batch.
        let batch: Vec<&Activity> =
            self.events[range.clone()].iter().chain(&self.events[range.clone()]).collect();
        let ingested = ingest(&self.pool, FOR_EVER, &batch, &[]).await.unwrap();
        assert_eq!(ingested.applied, range.len() as u64);
    }

    /// Two workers at once, the second of which also has what the first has.
    async fn deliver_both(&mut self, one: usize, other: usize) {
        let (one, other) = (self.next(one), self.next(other));
        let first: Vec<&Activity> = self.events[one.clone()].iter().collect();
        let second: Vec<&Activity> = self.events[one.start..other.end].iter().collect();
        let (first, second) = tokio::join!(
            ingest(&self.pool, FOR_EVER, &first, &[]),
            ingest(&self.pool, FOR_EVER, &second, &[])
        );
        let applied = first.unwrap().applied + second.unwrap().applied;
        assert_eq!(applied, (one.len() + other.len()) as u64);
    }

    async fn repeat_at_another_time(&self) {
        let moved = |activity: &Activity| {
            let later = Timestamp(activity.event_time().0 - TimeDelta::days(40));
            match activity {
                Activity::User(a) => {
                    let (event_id, user_id) = (a.event_id, a.user_id);
                    Activity::User(UserActivity { event_id, user_id, event_time: later })
                }
                Activity::Prompt(a) => Activity::Prompt(PromptActivity {
                    event_id: a.event_id,
                    prompt_id: a.prompt_id,
                    user_id: a.user_id,
                    event_time: later,
                    event: PromptEvent::Viewed { anonymous: None },
                }),
            }
        };
        let again: Vec<Activity> = self.events[..self.delivered].iter().map(moved).collect();
        let ingested =
            ingest(&self.pool, FOR_EVER, &again.iter().collect::<Vec<_>>(), &[]).await.unwrap();
        assert_eq!(ingested.applied, 0);
    }

    /// Merges what is left, and returns all rollups as text; scores to six decimals.
    pub async fn rollups(&self) -> Vec<String> {
        merge_deltas(&self.pool).await.unwrap();
        sqlx::query_scalar(
            "select 'prompt_days ' || d::text from prompt_days d
             union all select 'days ' || d::text from activity_days d
             union all select 'minutes ' || m::text from activity_minutes m
             union all select 'totals ' || event_type || events from activity_totals
             union all select 'authors ' || a::text from prompt_authors a
             union all select 'scores ' || concat_ws(' ', prompt_id, last_day, score_rank(key_1),
                 score_rank(key_7), score_rank(key_30), score_rank(key_90)) from prompt_scores
             union all select 'ahead ' || concat_ws(' ', prompt_id, day, sum(views)) || min(visible_at)
                 from prompt_view_deltas group by prompt_id, day
             union all select 'ahead ' || concat_ws(' ', event_type, minute, sum(events))
                 from activity_deltas group by event_type, minute
             order by 1",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap()
    }
}
