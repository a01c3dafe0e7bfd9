//! Batches of prompts with their versions, labels and reactions. A batch is complete in itself: its rows
//! refer to rows of the same batch, and its counters count them.

use std::ops::Range;

use prompt_service::rows::VersionDocument;
use uuid::Uuid;

use super::{
    people::People,
    plan::Plan,
    prompts::{Prompt, basics},
    reactions::Reactions,
    rows::Tables,
    versions,
};

/// The number of prompts that one transaction writes.
pub const SIZE: usize = 1_000;

/// The rows and documents that are written together.
pub struct Batch {
    pub tables: Tables,
    /// The versions, as documents for MongoDB.
    pub versions: Vec<VersionDocument>,
}

impl Batch {
    /// Makes the prompts of a range.
    pub fn new(plan: &Plan, people: &People, range: Range<usize>, with_versions: bool) -> Self {
        let mut prompts: Vec<Prompt> = Vec::with_capacity(range.len());
        for number in range.clone() {
            let prompt = Prompt::new(plan, number, &mut prompts);
            prompts.push(prompt);
        }
        let mut tables = Tables::default();
        let mut reactions = Reactions::new(plan, people);
        let mut documents = Vec::new();
        for (number, prompt) in range.zip(&mut prompts) {
            reactions.add_to(prompt, number, &mut tables);
            tables.add(prompt, people);
            if with_versions {
                documents
                    .extend((1..=prompt.version).map(|n| versions::document(prompt, n, people)));
            }
        }
        Self { tables, versions: documents }
    }

    /// Returns the id of a batch's first prompt, which tells whether the batch was written.
    pub fn id_of_first(plan: &Plan, range: &Range<usize>) -> Uuid {
        basics(plan, range.start).1
    }
}
