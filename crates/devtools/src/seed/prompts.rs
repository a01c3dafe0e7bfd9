//! Prompts with their versions and labels.

use uuid::Uuid;

use super::{
    counters::Counts,
    plan::{Access, Plan},
    rng::{Rng, Stream},
    text::Text,
};

/// A prompt in its newest version.
pub struct Prompt {
    pub id: Uuid,
    /// The index of the author among the people.
    pub author: usize,
    pub text: Text,
    pub access: Access,
    /// The number of the newest version.
    pub version: i32,
    pub created_at: i64,
    pub updated_at: i64,
    /// The id and the version of the prompt that this one was forked from.
    pub forked_from: Option<(Uuid, i32)>,
    pub labels: Vec<(&'static str, i32)>,
    pub counts: Counts,
}

/// Returns the time and the id of a prompt, and the random numbers for the rest of it.
pub fn basics(plan: &Plan, number: usize) -> (i64, Uuid, Rng) {
    let mut rng = Rng::new(plan.seed, Stream::Prompt, number as u64);
    let created_at = plan.prompt_time(number, &mut rng);
    let id = rng.id(created_at);
    (created_at, id, rng)
}

impl Prompt {
    /// Makes a prompt, which may be a fork of an earlier one.
    pub fn new(plan: &Plan, number: usize, earlier: &mut [Self]) -> Self {
        let (created_at, id, mut rng) = basics(plan, number);
        let access = Access::draw(&mut Rng::new(plan.seed, Stream::Popularity, number as u64));
        let author = rng.active(plan.people_before(number));
        let parent = if !earlier.is_empty() && rng.chance(0.04) {
            let candidate = rng.below(earlier.len());
            earlier.get_mut(candidate).filter(|prompt| prompt.access.is_readable())
        } else {
            None
        };
        let (text, forked_from) = match parent {
            Some(parent) => {
                parent.counts.forks += 1;
                (parent.text_of(1), Some((parent.id, 1)))
            }
            None => (Text::new(&mut rng), None),
        };
        let edits = if rng.chance(0.25) { 1 + rng.zipf(9) } else { 0 };
        let edits = edits.min(text.cuts.len());
        let version = 1 + edits as i32;
        let mut labels = Vec::new();
        if rng.chance(if edits > 0 { 0.4 } else { 0.05 }) {
            labels.push(("production", 1 + rng.below(1 + edits) as i32));
            if rng.chance(0.3) {
                labels.push(("staging", version));
            }
        }
        Self {
            id,
            author,
            text,
            access,
            version,
            created_at,
            updated_at: if edits > 0 { plan.after(created_at, &mut rng) } else { created_at },
            forked_from,
            labels,
            counts: Counts::default(),
        }
    }

    /// Returns the text of a version: each edit added one sentence.
    pub fn text_of(&self, version: i32) -> Text {
        let later = (self.version - version) as usize;
        let mut text = self.text.clone();
        if later > 0 {
            let kept = text.cuts.len() - later;
            text.content.truncate(text.cuts[kept]);
            text.cuts.truncate(kept);
        }
        text
    }

    /// Returns the time of a version, in milliseconds since 1970.
    pub fn time_of(&self, version: i32) -> i64 {
        let edits = i64::from(self.version - 1).max(1);
        self.created_at + (self.updated_at - self.created_at) * i64::from(version - 1) / edits
    }
}
