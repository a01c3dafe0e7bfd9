//! Removing documents in MongoDB that Postgres knows nothing of: what a crash left between the two
//! writes, and what a deletion left that could not finish.
//!
//! It walks over all documents by id, a few at a time, and rests after each round; how far it has
//! come is in Postgres, so that neither a restart nor a second instance begins again.
//!
//! It never takes away a document that is, or is about to be, a version:
//! - Numbers above a prompt's newest are removed while the prompt's row is locked. An edit holds that
//!   lock from before its document is written until the commit, so there is none under way.
//! - A prompt that is being created has no row to lock. Its document is left alone until it is
//!   [`SAFE_AGE`] old, and its transaction does not commit unless the document is fresh
//!   (`service::prompts::WRITE_WITHIN`). The same age is asked of all the others too, within the
//!   very command that removes them.
//! - A bulk load writes documents with old dates, and their prompts after them. It holds the row
//!   `version_sweep` meanwhile, which a turn of the sweep needs for itself.
//! - A MongoDB that belongs to another Postgres is left alone: with a wrong `DATABASE_URL`, or an
//!   empty database in the place of a lost one, every text would be an orphan.

use std::{collections::BTreeMap, time::Duration};

use ids::PromptId;
use metrics::counter;
use pg::Timestamp;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::repo::{
    sweep,
    versions::{Versions, parse_id},
};

/// Documents looked at in one turn.
const BATCH: i64 = 1000;

/// Between two turns, over all instances: 10 million documents take a little more than a day.
const BETWEEN_TURNS: Duration = Duration::from_secs(10);

/// After a whole round.
const BETWEEN_ROUNDS: Duration = Duration::from_secs(3600);

/// How often an instance asks whether a turn is due.
const POLL: Duration = Duration::from_secs(1);

/// A turn that failed, or whose process died, is due again after this.
const TURN: Duration = Duration::from_secs(60);

/// Prompts whose documents are removed in one command.
const AT_ONCE: usize = 100;

/// Only documents older than this are removed. Writing a version takes seconds; the rest is for
/// clocks that differ, and for whoever restores the databases from backups of different hours.
const SAFE_AGE: Duration = Duration::from_secs(24 * 3600);

pub struct Sweep {
    pub pool: PgPool,
    pub versions: Versions,
}

impl Sweep {
    /// Sweeps until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let sweeping = async {
            loop {
                if let Err(error) = self.turn().await {
                    tracing::warn!("the sweep of versions failed: {error:#}");
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::select! {
            () = sweeping => {}
            () = shutdown.cancelled() => {}
        }
    }

    async fn turn(&self) -> anyhow::Result<()> {
        let turn = sweep::take_turn(&self.pool, TURN.as_secs_f64()).await?;
        let Some(turn) = turn else { return Ok(()) };
        anyhow::ensure!(
            self.versions.belong_to(&turn.store).await?,
            "the versions in MongoDB belong to another Postgres database; nothing is removed"
        );
        let mut tx = self.pool.begin().await?;
        if !sweep::hold(&mut tx).await? {
            return Ok(());
        }
        let ids = self.versions.ids_after(&turn.after_id, BATCH).await?;
        // The highest number of each prompt. Ids that are not of our making are left alone.
        let mut highest = BTreeMap::<PromptId, i32>::new();
        for (prompt, version) in ids.iter().filter_map(|id| parse_id(id)) {
            let known = highest.entry(prompt).or_default();
            *known = version.max(*known);
        }
        let removed = self.remove_orphans(highest).await?;
        if removed > 0 {
            tracing::info!(removed, "documents that no prompt has were removed");
            counter!("versions_swept_total").increment(removed);
        }
        match ids.last() {
            Some(last) => sweep::end_turn(&mut tx, last, BETWEEN_TURNS.as_secs_f64()).await?,
            None => sweep::end_turn(&mut tx, "", BETWEEN_ROUNDS.as_secs_f64()).await?,
        }
        tx.commit().await?;
        Ok(())
    }

    async fn remove_orphans(&self, highest: BTreeMap<PromptId, i32>) -> anyhow::Result<u64> {
        let prompts: Vec<PromptId> = highest.keys().copied().collect();
        let newest: BTreeMap<PromptId, i32> =
            sweep::newest_versions(&self.pool, &prompts).await?.into_iter().collect();
        let safe = i64::try_from(SAFE_AGE.as_millis())?;
        let before = Timestamp::from_millis(Timestamp::now().0.timestamp_millis() - safe);
        let (mut removed, mut gone) = (0, Vec::new());
        for (prompt, highest) in highest {
            match newest.get(&prompt) {
                None => gone.push(prompt),
                Some(newest) if highest > *newest => {
                    removed += self.remove_overhang(prompt, before).await?;
                }
                Some(_) => {}
            }
        }
        for some in gone.chunks(AT_ONCE) {
            removed += self.versions.remove_all(some, before).await?;
        }
        Ok(removed)
    }

    /// Removes what is above the newest version of a prompt that there is.
    async fn remove_overhang(&self, prompt: PromptId, before: Timestamp) -> anyhow::Result<u64> {
        let mut tx = self.pool.begin().await?;
        let Some(newest) = sweep::hold_newest_version(&mut tx, prompt).await? else { return Ok(0) };
        let removed = self.versions.remove_above(prompt, newest, before).await?;
        tx.commit().await?;
        Ok(removed)
    }
}
