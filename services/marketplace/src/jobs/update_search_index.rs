//! Keeps this instance's search index as the listings are.
//!
//! With each connection on which changes are notified a new index is built from all listings on sale, while
//! the old one answers. Changes that are committed meanwhile are notified, and indexed afterwards.

use std::{collections::HashSet, sync::Arc, time::Duration};

use ids::ListingId;
use search::{Change, Index, WriteError, Writer};
use sqlx::PgPool;
use tokio::{
    sync::Mutex,
    task::spawn_blocking,
    time::{Instant, sleep},
};
use uuid::Uuid;

use crate::{
    domain::Listing,
    repo::listings,
    service::search_index::{Changes, SearchIndex},
};

/// The time between two commits. A listing is found after this and the time of a commit.
const COMMIT_PERIOD: Duration = Duration::from_millis(500);

/// Listings that are read in one statement.
const BATCH: usize = 1000;

/// What the job keeps between its rounds.
#[derive(Clone)]
pub struct SearchIndexer {
    pool: PgPool,
    search_index: Arc<SearchIndex>,
    written: Arc<Mutex<Option<Written>>>,
}

/// An index, as it is written. It is dropped with the first error: what was not committed is lost.
struct Written {
    index: Index,
    writer: Writer,
    committed_at: Instant,
}

/// Indexes what has changed since the last round.
pub async fn update_search_index(indexer: SearchIndexer) -> anyhow::Result<()> {
    let mut written = indexer.written.lock().await;
    if let Some(written) = &*written {
        sleep(COMMIT_PERIOD.saturating_sub(written.committed_at.elapsed())).await;
    }
    let updated = match (indexer.search_index.take_changes(), written.take()) {
        (Changes::Nothing, index) => Ok(index),
        (Changes::Of(ids), Some(index)) => indexer.update(index, ids).await.map(Some),
        (Changes::All | Changes::Of(_), old) => {
            // The memory of its writer is for that of the new one.
            drop(old);
            indexer.build().await.map(Some)
        }
    };
    match updated {
        Ok(index) => {
            *written = index;
            Ok(())
        }
        Err(error) => {
            indexer.search_index.note_failure();
            Err(error)
        }
    }
}

impl SearchIndexer {
    pub fn new(pool: PgPool, search_index: Arc<SearchIndex>) -> Self {
        Self { pool, search_index, written: Arc::default() }
    }

    /// Builds an index of all listings on sale.
    async fn build(&self) -> anyhow::Result<Written> {
        let (index, writer) = Index::in_memory()?;
        let mut written = Written { index, writer, committed_at: Instant::now() };
        let mut after = ListingId(Uuid::nil());
        loop {
            let batch = listings::list_on_sale_after(&self.pool, after, BATCH as i64).await?;
            let Some(last) = batch.last() else { break };
            after = last.id;
            written = written.apply(batch, HashSet::new()).await?;
        }
        let written = written.commit().await?;
        self.search_index.set(written.index.clone());
        tracing::info!(listings = written.index.len(), "built the search index");
        Ok(written)
    }

    /// Indexes these listings as they are now.
    async fn update(
        &self,
        mut written: Written,
        ids: HashSet<ListingId>,
    ) -> anyhow::Result<Written> {
        let ids: Vec<_> = ids.into_iter().collect();
        for batch in ids.chunks(BATCH) {
            let on_sale = listings::find_on_sale(&self.pool, batch).await?;
            written = written.apply(on_sale, batch.iter().copied().collect()).await?;
        }
        let written = written.commit().await?;
        self.search_index.set(written.index.clone());
        Ok(written)
    }
}

impl Written {
    /// Indexes listings on sale, and removes those of `ids` that are not among them.
    async fn apply(
        self,
        on_sale: Vec<Listing>,
        mut ids: HashSet<ListingId>,
    ) -> anyhow::Result<Self> {
        self.write(move |writer| {
            for listing in &on_sale {
                ids.remove(&listing.id);
            }
            let put = on_sale.into_iter().map(|listing| Change::Put(Box::new(listing.into())));
            let removed = ids.into_iter().map(|id| Change::Remove(id.0));
            writer.apply(put.chain(removed))
        })
        .await
    }

    async fn commit(mut self) -> anyhow::Result<Self> {
        self.committed_at = Instant::now();
        // An index in memory is never gone on with by another process, so it needs no position.
        self.write(|writer| writer.commit("")).await
    }

    /// Writes on a blocking thread.
    async fn write(
        mut self,
        write: impl FnOnce(&mut Writer) -> Result<(), WriteError> + Send + 'static,
    ) -> anyhow::Result<Self> {
        let written = spawn_blocking(move || write(&mut self.writer).map(|()| self));
        Ok(written.await??)
    }
}
