use crate::{Document, SearchError, snapshot::Snapshot};
pub fn related(_: &Snapshot, _: &Document, _: usize) -> Result<Vec<uuid::Uuid>, SearchError> {
    Ok(vec![])
}
