//! Removes documents in MongoDB that no row in Postgres refers to: those that a crash left between the
//! two writes, or an unfinished deletion.
//!
//! The sweep walks over all documents by id, in batches, and pauses after each pass; its progress is in
//! Postgres, so that neither a restart nor a second instance begins again.
//!
//! It never removes a document that is, or is about to be, a version:
//! - Numbers above a prompt's newest are removed while the prompt's row is locked. An edit holds that
//!   lock from before its document is written until the commit, so no edit is under way.
//! - A prompt that is being created has no row to lock. Its document is left alone until it is
//!   [`SAFE_AGE`] old, and its transaction does not commit unless the document is fresh
//!   (`service::prompts::COMMIT_DEADLINE`). The command that removes any document checks this age.
//! - A bulk load writes documents with old dates, and their prompts after them. It holds the row
//!   `version_sweep` meanwhile, which each batch of the sweep locks.
//! - A MongoDB that belongs to another Postgres is left alone: with a wrong `DATABASE_URL`, or an
//!   empty database in the place of a lost one, every text would be an orphan.

use std::{collections::BTreeMap, time::Duration};

use ids::PromptId;
use metrics::counter;
use sqlx::PgPool;
use timestamp::Timestamp;

use crate::repo::{
    prompts, version_sweep,
    versions::{Versions, parse_id},
};

/// Documents looked at in one batch.
const BATCH: i64 = 1000;

/// The pause after a batch, over all instances: 10 million documents take a little more than a day.
const BATCH_PAUSE: Duration = Duration::from_secs(10);

/// The pause after a pass over all documents.
const PASS_PAUSE: Duration = Duration::from_secs(3600);

/// The time after which a batch that failed, or whose process died, is due again.
const RETRY_AFTER: Duration = Duration::from_secs(60);

/// Prompts whose documents are removed in one command.
const PROMPTS_PER_COMMAND: usize = 100;

/// The age from which a document may be removed. Writing a version takes seconds; the rest allows for
/// clocks that differ, and for databases restored from backups of different hours.
const SAFE_AGE: Duration = Duration::from_secs(24 * 3600);

#[derive(Clone)]
pub struct VersionSweep {
    pub pool: PgPool,
    pub versions: Versions,
}

/// Sweeps the next batch if it is due.
pub async fn sweep_versions(sweep: VersionSweep) -> anyhow::Result<()> {
    sweep.sweep_batch().await
}

impl VersionSweep {
    async fn sweep_batch(&self) -> anyhow::Result<()> {
        let claim = version_sweep::claim(&self.pool, RETRY_AFTER.as_secs_f64()).await?;
        let Some(claim) = claim else { return Ok(()) };
        anyhow::ensure!(
            self.versions.is_owned_by(&claim.store).await?,
            "the versions in MongoDB belong to another Postgres database; nothing is removed"
        );
        let mut tx = self.pool.begin().await?;
        if !version_sweep::try_lock(&mut tx).await? {
            return Ok(());
        }
        let ids = self.versions.ids_after(&claim.after_id, BATCH).await?;
        // The highest number of each prompt. Ids that this service did not write are left alone.
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
        let (after_id, pause) = match ids.last() {
            Some(last) => (last.as_str(), BATCH_PAUSE),
            None => ("", PASS_PAUSE),
        };
        version_sweep::finish(&mut tx, after_id, pause.as_secs_f64()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Removes the documents of prompts that are gone, and those above the newest version of the others.
    /// Returns how many it removed.
    async fn remove_orphans(&self, highest: BTreeMap<PromptId, i32>) -> anyhow::Result<u64> {
        let ids: Vec<PromptId> = highest.keys().copied().collect();
        let newest: BTreeMap<PromptId, i32> =
            prompts::newest_versions(&self.pool, &ids).await?.into_iter().collect();
        let safe = i64::try_from(SAFE_AGE.as_millis())?;
        let before = Timestamp::from_millis(Timestamp::now().0.timestamp_millis() - safe);
        let (mut removed, mut gone) = (0, Vec::new());
        for (prompt, highest) in highest {
            match newest.get(&prompt) {
                None => gone.push(prompt),
                Some(newest) if highest > *newest => {
                    removed += self.remove_above_newest(prompt, before).await?;
                }
                Some(_) => {}
            }
        }
        for batch in gone.chunks(PROMPTS_PER_COMMAND) {
            removed += self.versions.remove_all(batch, before).await?;
        }
        Ok(removed)
    }

    /// Removes the documents above the newest version of a prompt.
    async fn remove_above_newest(
        &self,
        prompt: PromptId,
        before: Timestamp,
    ) -> anyhow::Result<u64> {
        let mut tx = self.pool.begin().await?;
        let Some(newest) = prompts::lock_newest_version(&mut tx, prompt).await? else {
            return Ok(0);
        };
        let removed = self.versions.remove_above(prompt, newest, before).await?;
        tx.commit().await?;
        Ok(removed)
    }
}
