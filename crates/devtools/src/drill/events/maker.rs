//! Makes the messages: events, repeated ones, odd ones, and garbage.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use events::topics::PARTITIONS;
use uuid::Uuid;

use super::{
    message::{Fact, Kind, Message},
    oddities,
};
use crate::seed::rng::{Rng, Stream};

/// The numbers of prompts, of accounts and of visitors.
const PROMPTS: usize = 40;
const ACCOUNTS: usize = 60;
const VISITORS: usize = 50;

/// The number of messages of which one repeats an earlier event.
const REPEATED: u64 = 40;

/// The number of events that may be repeated.
const REMEMBERED: usize = 500;

/// How far back events of an older month lie, in days.
pub const OLD_DAYS: i64 = 100;

/// A maker of messages.
pub struct Maker {
    rng: Rng,
    left: u64,
    made: u64,
    /// The number of messages of which one is garbage.
    stride: u64,
    /// The seed of the ids of prompts and people.
    seed: u64,
    recent: VecDeque<Message>,
}

impl Maker {
    /// Makes a maker of `messages` messages, of which a hundredth is garbage; more if half of them would not
    /// hold each kind.
    pub fn new(seed: u64, messages: u64) -> Self {
        let stride = (messages / 2 / oddities::GARBAGE.len() as u64).clamp(4, 100);
        let rng = Rng::new(seed, Stream::Drill, 1);
        Self { rng, left: messages, made: 0, stride, seed, recent: VecDeque::new() }
    }

    /// Makes the next message; `None` when all are made.
    pub fn next(&mut self) -> Option<Message> {
        self.left = self.left.checked_sub(1)?;
        let number = self.made;
        self.made += 1;
        let (round, place) = (number / self.stride, number % self.stride);
        Some(if place == 0 {
            let fact = self.fact();
            oddities::garbage(&fact, round as usize, &mut self.rng)
        } else if place == self.stride / 2 {
            let fact = self.fact();
            self.remember(oddities::odd_event(fact, round as usize))
        } else if number % REPEATED == 7 && !self.recent.is_empty() {
            self.repetition()
        } else {
            let fact = self.fact();
            let payload = fact.json().to_string();
            self.remember(fact.message(payload))
        })
    }

    /// Makes a view that happens now, in a partition.
    pub fn probe(&mut self, kind: Kind, partition: i32) -> Message {
        let fact = Fact { kind, time: now(), ..self.fact() };
        let user = Some(fact.user.unwrap_or(fact.subject));
        let fact = Fact { id: Uuid::now_v7(), user, ..fact };
        Message { partition, ..fact.message(fact.json().to_string()) }
    }

    fn remember(&mut self, message: Message) -> Message {
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(message.clone());
        message
    }

    /// Repeats an event: on another partition, with another time, or with its id in capitals.
    fn repetition(&mut self) -> Message {
        let earlier = self.recent[self.rng.below(self.recent.len())].clone();
        let partition = (earlier.partition + 1) % PARTITIONS;
        match (self.rng.below(3), &earlier.meaning) {
            (0, super::message::Meaning::Event(fact)) => {
                let back = TimeDelta::seconds(self.rng.between(1, 7200) as i64);
                let fact = Fact { time: fact.time - back, ..fact.clone() };
                Message { partition, ..fact.message(fact.json().to_string()) }
            }
            (1, super::message::Meaning::Event(fact)) => {
                let capitals = fact.id.to_string().to_uppercase();
                let payload = fact.json().to_string().replace(&fact.id.to_string(), &capitals);
                Message { partition, ..fact.message(payload) }
            }
            _ => Message { partition, ..earlier },
        }
    }

    fn fact(&mut self) -> Fact {
        let kind = match self.rng.below(100) {
            0..8 => Kind::Registered,
            8..15 => Kind::Created,
            _ => Kind::Viewed,
        };
        let prompt = self.rng.zipf(PROMPTS);
        let account = self.rng.below(ACCOUNTS);
        let visitor = self.rng.below(VISITORS);
        let (subject, user, viewer_key) = match kind {
            Kind::Registered => (self.rng.id(now().timestamp_millis()), None, None),
            Kind::Created => (self.id_of(0, prompt), Some(self.id_of(1, account)), None),
            Kind::Viewed => {
                let who = self.rng.below(10);
                let user = (who < 5).then(|| self.id_of(1, account));
                // Some events say both, which makes an account of the viewer.
                let key = (4..9).contains(&who).then(|| format!("visitor {visitor}"));
                (self.id_of(0, prompt), user, key)
            }
        };
        let time = self.time();
        Fact { id: self.event_id(time), kind, subject, user, viewer_key, time }
    }

    /// Draws a time: of the last three days, of an older month, or ahead of now.
    fn time(&mut self) -> DateTime<Utc> {
        let seconds = |rng: &mut Rng, from: i64, to: i64| {
            TimeDelta::seconds(rng.between((from * 3600) as usize, (to * 3600) as usize) as i64)
        };
        match self.rng.below(100) {
            0..5 => {
                let back = seconds(&mut self.rng, (OLD_DAYS - 4) * 24, (OLD_DAYS + 4) * 24);
                now() - back
            }
            5..7 => now() + seconds(&mut self.rng, 6, 20),
            _ => now() - seconds(&mut self.rng, 0, 72),
        }
    }

    /// Draws an id: mostly one that was made now or when the event happened, some long before, and some
    /// without a time.
    fn event_id(&mut self, time: DateTime<Utc>) -> Uuid {
        let now = now().timestamp_millis();
        match self.rng.below(100) {
            0..5 => uuid::Builder::from_random_bytes(self.rng.id(now).into_bytes()).into_uuid(),
            5..8 => self.rng.id(now - OLD_DAYS * 86_400_000),
            8..20 => self.rng.id(time.timestamp_millis()),
            _ => self.rng.id(now),
        }
    }

    fn id_of(&self, table: u64, number: usize) -> Uuid {
        Rng::new(self.seed, Stream::Drill, (table + 1) << 32 | number as u64).id(1_700_000_000_000)
    }
}

/// Returns the time in whole milliseconds, as events have it.
fn now() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now)
}
