use std::sync::Arc;

use auth::SigningKeys;
use tokio_util::sync::CancellationToken;

/// Follows the file of signing keys until the process stops.
pub async fn follow_signing_keys(
    keys: Arc<SigningKeys>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    stop.run_until_cancelled(keys.follow_file()).await;
    Ok(())
}
