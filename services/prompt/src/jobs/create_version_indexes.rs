use crate::repo::versions::Versions;

/// Creates the indexes of the versions.
pub async fn create_version_indexes(versions: Versions) -> mongodb::error::Result<()> {
    versions.create_indexes().await
}
