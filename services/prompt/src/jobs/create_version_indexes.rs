use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::repo::versions::Versions;

const PAUSE: Duration = Duration::from_secs(2);

/// Creates the indexes of the versions, trying until the server answers.
pub async fn run(versions: Versions, shutdown: CancellationToken) {
    while let Err(error) = versions.create_indexes().await {
        tracing::warn!("cannot create the version indexes yet: {error}");
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = shutdown.cancelled() => return,
        }
    }
}
