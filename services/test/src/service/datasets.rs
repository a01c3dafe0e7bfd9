//! Use cases of data sets.

use auth::Identity;
use http_kit::{Page, PageQuery, page::MAX_PAGE_BYTES};
use idempotency::Creation;
use ids::DatasetId;

use crate::{
    domain::{Dataset, DatasetRowItem, NewDataset, variable_names_of},
    error::ServiceError,
    repo::datasets,
    state::AppState,
};

/// The most bytes of a data set without its rows as JSON: the names of its variables, mostly.
const DATASET_BYTES: usize = 128 * 1024;

pub async fn create(
    state: &AppState,
    caller: &Identity,
    new: NewDataset,
    creation: &Creation<'_, Dataset>,
) -> Result<Dataset, ServiceError> {
    let names = variable_names_of(&new.rows);
    let mut transaction = state.pool.begin().await?;
    creation.claim(&mut transaction).await?;
    let id = DatasetId::new();
    let dataset = datasets::insert(&mut *transaction, id, caller.id, &new, &names).await?;
    creation.record(&mut transaction, &dataset).await?;
    transaction.commit().await?;
    Ok(dataset)
}

/// Finds a data set of the caller's.
pub async fn find(
    state: &AppState,
    caller: &Identity,
    id: DatasetId,
) -> Result<Dataset, ServiceError> {
    datasets::find(&state.pool, id, caller.id).await?.ok_or(ServiceError::DatasetNotFound)
}

/// Lists the caller's data sets.
pub async fn list(
    state: &AppState,
    caller: &Identity,
    query: &PageQuery,
) -> Result<Page<Dataset>, ServiceError> {
    let rows = async |slice| -> Result<_, ServiceError> {
        Ok(datasets::list(&state.pool, caller.id, slice).await?)
    };
    let total = datasets::count(&state.pool, caller.id);
    let page = query.page(total, rows, |dataset| (dataset.created_at, dataset.id)).await?;
    Ok(page.bound_texts(|dataset| vec![&mut dataset.variables])?)
}

/// Finds a data set of the caller's, with a page of its rows.
pub async fn find_with_rows(
    state: &AppState,
    caller: &Identity,
    id: DatasetId,
    query: &PageQuery,
) -> Result<(Dataset, Page<DatasetRowItem>), ServiceError> {
    let slice = query.slice()?;
    let dataset = find(state, caller, id).await?;
    let rows = datasets::list_rows(&state.pool, id, slice).await?;
    let page = Page::new(query, rows, Some(i64::from(dataset.row_count)), |row| row.number);
    let most = MAX_PAGE_BYTES - DATASET_BYTES;
    let page = page
        .map(DatasetRowItem::from)
        .bound_texts_to(most, |row| vec![&mut row.variables])?
        .bound_texts_to(most, |row| vec![&mut row.expected])?;
    Ok((dataset, page))
}

pub async fn delete(
    state: &AppState,
    caller: &Identity,
    id: DatasetId,
) -> Result<(), ServiceError> {
    let mut transaction = state.pool.begin().await?;
    if !datasets::delete(&mut transaction, id, caller.id).await? {
        return Err(ServiceError::DatasetNotFound);
    }
    Ok(transaction.commit().await?)
}
