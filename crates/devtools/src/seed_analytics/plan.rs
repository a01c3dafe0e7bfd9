//! The made-up activity: who views which prompt, and when. Each item is a function of the seed and of its
//! number, so that nothing is kept in memory and any part can be made alone.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::seed::rng::{Rng, Stream};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// The number of days that the data covers: 13 months, within the default retention.
const DAYS: i64 = 395;

/// A prime that spreads popularity over the prompts; it must not divide their number.
const SPREAD: u64 = 2_654_435_761;

/// The draws of a prompt until one is found that was there at the time.
const DRAWS: usize = 8;

/// The share of views by accounts, and that of views by visitors with a key; the rest has neither.
const ACCOUNT_SHARE: f64 = 0.60;
const VISITOR_SHARE: f64 = 0.37;

/// The numbers of views for each visitor of a day, and of prompts for each author.
const VIEWS_PER_VISITOR: u64 = 3;
const PROMPTS_PER_AUTHOR: usize = 5;

/// The numbers of things to make.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Numbers {
    pub views: u64,
    pub prompts: usize,
    pub accounts: usize,
}

/// The default numbers.
pub const SEED: u64 = 42;
pub const VIEWS: u64 = 50_000_000;
pub const PROMPTS: u32 = 500_000;
pub const ACCOUNTS: u32 = 1_000_000;

/// A description of all the data.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Plan {
    pub seed: u64,
    pub numbers: Numbers,
    /// The times between which everything happens, in milliseconds since 1970.
    pub from: i64,
    pub until: i64,
}

/// A viewer of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    Account(Uuid),
    /// A visitor who is not signed in, by the key of the day.
    Visitor(Uuid),
    Unknown,
}

/// A view of a prompt.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub event_id: Uuid,
    pub prompt_id: Uuid,
    pub viewer: Viewer,
    /// The time in milliseconds since 1970.
    pub at: i64,
}

/// A prompt that was written, or an account that was registered.
#[derive(Clone, Copy, Debug)]
pub struct Beginning {
    pub event_id: Uuid,
    pub id: Uuid,
    /// The author; the account itself for a registration.
    pub user_id: Uuid,
    /// The time in milliseconds since 1970.
    pub at: i64,
}

impl Plan {
    /// Makes a plan of data that ends at a time.
    pub fn new(seed: u64, numbers: Numbers, until: DateTime<Utc>) -> Self {
        let until = until.timestamp_millis();
        Self { seed, numbers, from: until - DAYS * DAY, until }
    }

    /// Returns the view with this number; views with higher numbers are later, but for some minutes.
    pub fn view(&self, number: u64) -> View {
        let mut rng = Rng::new(self.seed, Stream::Event, number);
        let share = (number as f64 + rng.unit()) / self.numbers.views as f64;
        let at = self.busy_hours(self.time_of_view(share));
        self.view_at(&mut rng, at)
    }

    /// Returns a view at a time, of a prompt that is there by then.
    pub fn view_at(&self, rng: &mut Rng, at: i64) -> View {
        let elapsed = self.elapsed(at);
        let prompt_id = self.prompt_id(self.popular_prompt(rng, elapsed));
        let kind = rng.unit();
        let viewer = if kind < ACCOUNT_SHARE {
            let there = there_after(self.numbers.accounts, elapsed);
            Viewer::Account(self.account_id(rng.active(there)))
        } else if kind < ACCOUNT_SHARE + VISITOR_SHARE {
            Viewer::Visitor(self.visitor(rng, at))
        } else {
            Viewer::Unknown
        };
        View { event_id: rng.id(at), prompt_id, viewer, at }
    }

    /// Returns the time of a share of all views: three times as many a day come in the end as in the
    /// beginning.
    fn time_of_view(&self, share: f64) -> i64 {
        let elapsed = ((1.0 + 8.0 * share).sqrt() - 1.0) / 2.0;
        self.from + (elapsed * (self.until - self.from) as f64) as i64
    }

    /// Moves a time within its day (UTC) to where people are awake.
    fn busy_hours(&self, at: i64) -> i64 {
        let day = at.div_euclid(DAY);
        if day == self.until.div_euclid(DAY) {
            // The last day is not over.
            return at.min(self.until - 1);
        }
        let share = at.rem_euclid(DAY) as f64 / DAY as f64;
        let moved = share + 0.1 * (share * std::f64::consts::TAU).sin();
        day * DAY + ((moved * DAY as f64) as i64).clamp(0, DAY - 1)
    }

    /// Returns the share of the time that has passed.
    fn elapsed(&self, at: i64) -> f64 {
        ((at - self.from) as f64 / (self.until - self.from) as f64).clamp(0.0, 1.0)
    }

    /// Draws a prompt by Zipf's law among those that are there.
    fn popular_prompt(&self, rng: &mut Rng, elapsed: f64) -> usize {
        let prompts = self.numbers.prompts;
        let there = there_after(prompts, elapsed);
        (0..DRAWS)
            .map(|_| spread(rng.zipf(prompts), prompts))
            .find(|prompt| *prompt < there)
            .unwrap_or_else(|| rng.below(there))
    }

    /// Draws the id of a prompt as viewers do in the end.
    pub fn viewed_prompt(&self, rng: &mut Rng) -> Uuid {
        self.prompt_id(self.popular_prompt(rng, 1.0))
    }

    /// Returns the prompt of a rank of popularity.
    pub fn prompt_of_rank(&self, rank: usize) -> Uuid {
        self.prompt_id(spread(rank, self.numbers.prompts))
    }

    pub fn prompt_id(&self, number: usize) -> Uuid {
        let at = self.begins_at(number, self.numbers.prompts);
        Rng::new(self.seed, Stream::ViewedPrompt, number as u64).id(at)
    }

    /// Returns the id of a prompt's author. Few authors have most prompts.
    pub fn author_of(&self, number: usize) -> Uuid {
        let elapsed = self.elapsed(self.begins_at(number, self.numbers.prompts));
        let mut rng = Rng::new(self.seed, Stream::ViewedPrompt, number as u64);
        // The first two draws are the prompt's id.
        rng.bits();
        rng.bits();
        let there = there_after(self.numbers.accounts, elapsed);
        self.account_id(rng.active((self.numbers.prompts / PROMPTS_PER_AUTHOR).clamp(1, there)))
    }

    pub fn account_id(&self, number: usize) -> Uuid {
        let at = self.begins_at(number, self.numbers.accounts);
        Rng::new(self.seed, Stream::Account, number as u64).id(at)
    }

    /// Draws the key of a visitor of the day.
    fn visitor(&self, rng: &mut Rng, at: i64) -> Uuid {
        let day = at.div_euclid(DAY);
        let per_day = self.numbers.views / DAYS as u64 / VIEWS_PER_VISITOR;
        let visitor = rng.active(per_day.max(1) as usize) as u64;
        let mut key = Rng::new(self.seed ^ day.unsigned_abs(), Stream::Account, visitor);
        Uuid::from_u64_pair(key.bits(), key.bits())
    }

    /// Returns the time at which the item with this number of `count` begins.
    fn begins_at(&self, number: usize, count: usize) -> i64 {
        let share = number as f64 / count as f64;
        self.from + (share * share * (self.until - self.from) as f64) as i64
    }

    /// Returns the creations of prompts that lie between two numbers of views.
    pub fn creations(&self, views: std::ops::Range<u64>) -> impl Iterator<Item = Beginning> {
        let plan = *self;
        self.between(self.numbers.prompts, views).map(move |number| {
            let at = plan.begins_at(number, plan.numbers.prompts);
            let event = Rng::new(!plan.seed, Stream::ViewedPrompt, number as u64).id(at);
            Beginning {
                event_id: event,
                id: plan.prompt_id(number),
                user_id: plan.author_of(number),
                at,
            }
        })
    }

    /// Returns the registrations that lie between two numbers of views.
    pub fn registrations(&self, views: std::ops::Range<u64>) -> impl Iterator<Item = Beginning> {
        let plan = *self;
        self.between(self.numbers.accounts, views).map(move |number| {
            let at = plan.begins_at(number, plan.numbers.accounts);
            let event = Rng::new(!plan.seed, Stream::Account, number as u64).id(at);
            let id = plan.account_id(number);
            Beginning { event_id: event, id, user_id: id, at }
        })
    }

    /// Returns the numbers of the items, of `count`, that begin between two views.
    fn between(&self, count: usize, views: std::ops::Range<u64>) -> std::ops::Range<usize> {
        let first = |view: u64| {
            let elapsed = self.elapsed(self.time_of_view(view as f64 / self.numbers.views as f64));
            ((elapsed.sqrt() * count as f64).ceil() as usize).min(count)
        };
        let end = if views.end >= self.numbers.views { count } else { first(views.end) };
        first(views.start)..end
    }
}

/// Returns how many of `count` items are there after a share of the time; at least one.
fn there_after(count: usize, elapsed: f64) -> usize {
    ((elapsed.sqrt() * count as f64) as usize).clamp(1, count)
}

/// Returns the item of a rank: another one for each rank, and the first for rank 0.
fn spread(rank: usize, count: usize) -> usize {
    (rank as u64 * SPREAD % count as u64) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    fn plan() -> Plan {
        let numbers = Numbers { views: 40_000, prompts: 1_000, accounts: 2_000 };
        Plan::new(42, numbers, "2026-01-01T10:00:00Z".parse().unwrap())
    }

    #[test]
    fn parts_made_alone_hold_every_prompt_and_account_once_and_in_their_time() {
        let plan = plan();
        let parts = || (0..40_000).step_by(700).map(|start| start..(start + 700).min(40_000));
        let prompts: Vec<Beginning> = parts().flat_map(|part| plan.creations(part)).collect();
        let accounts: Vec<Beginning> = parts().flat_map(|part| plan.registrations(part)).collect();
        let ids = |items: &[Beginning]| items.iter().map(|item| item.id).collect::<HashSet<_>>();
        assert_eq!((prompts.len(), ids(&prompts).len()), (1_000, 1_000));
        assert_eq!((accounts.len(), ids(&accounts).len()), (2_000, 2_000));
        let known = ids(&accounts);
        assert!(prompts.iter().all(|prompt| known.contains(&prompt.user_id)));
        assert!(prompts.iter().all(|prompt| (plan.from..plan.until).contains(&prompt.at)));
    }

    #[test]
    fn few_prompts_have_most_views_and_none_is_viewed_before_its_day() {
        let plan = plan();
        let written: HashMap<Uuid, i64> =
            plan.creations(0..40_000).map(|prompt| (prompt.id, prompt.at)).collect();
        let mut views: HashMap<Uuid, u32> = HashMap::new();
        for number in 0..40_000 {
            let view = plan.view(number);
            assert!((plan.from - DAY..plan.until).contains(&view.at));
            assert!(written[&view.prompt_id] <= view.at + DAY);
            *views.entry(view.prompt_id).or_default() += 1;
        }
        let first = views[&plan.prompt_of_rank(0)];
        // The first of a thousand has a share of ln 2 / ln 1001, and more while few are there.
        assert!((4_000..8_000).contains(&first), "{first}");
        assert!(views.len() > 900, "{}", views.len());
    }

    #[test]
    fn the_same_number_is_the_same_view_and_most_viewers_are_known() {
        let plan = plan();
        let (one, same) = (plan.view(7), plan.view(7));
        assert_eq!((one.event_id, one.at, one.viewer), (same.event_id, same.at, same.viewer));
        let unknown = (0..10_000).filter(|n| plan.view(*n).viewer == Viewer::Unknown).count();
        assert!((200..400).contains(&unknown), "{unknown}");
    }
}
