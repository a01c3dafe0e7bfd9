//! Data sets and their rows.

use std::collections::BTreeMap;

use http_kit::page::Slice;
use ids::{DatasetId, UserId};
use serde_json::{Value, json};
use sqlx::{PgExecutor, query, query_as, query_scalar, types::Json};
use timestamp::Timestamp;

use crate::domain::{Dataset, DatasetRow, NewDataset};

/// Makes a query for whole [`Dataset`]s: the statement up to their columns, the rest of it, and its arguments.
macro_rules! query_datasets {
    ($before:literal, $after:literal, $($argument:expr),* $(,)?) => {
        query_as!(
            Dataset,
            $before + r#"id, name, variables as "variables?", row_count, created_at"# + $after,
            $($argument),*
        )
    };
}

/// Stores a data set and its rows.
pub async fn insert(
    executor: impl PgExecutor<'_>,
    id: DatasetId,
    user: UserId,
    new: &NewDataset,
    names: &[String],
) -> sqlx::Result<Dataset> {
    let variables: Vec<Value> = new.rows.iter().map(|row| json!(row.variables)).collect();
    let expected: Vec<Option<String>> = new.rows.iter().map(|row| row.expected.clone()).collect();
    query_datasets!(
        "with dataset as (
             insert into datasets (id, user_id, name, variables, row_count)
             values ($1, $2, $3, $4, cardinality($5::jsonb[]))
             returning id, name, variables, row_count, created_at
         ), added as (
             insert into dataset_rows (dataset_id, number, variables, expected)
             select dataset.id, row.number, row.variables, row.expected
             from dataset, unnest($5::jsonb[], $6::text[]) with ordinality
                  as row(variables, expected, number)
         )
         select ",
        " from dataset",
        id.0,
        user.0,
        new.name,
        names,
        &variables,
        &expected as &[Option<String>],
    )
    .fetch_one(executor)
    .await
}

/// Finds a data set of this user.
pub async fn find(
    executor: impl PgExecutor<'_>,
    id: DatasetId,
    user: UserId,
) -> sqlx::Result<Option<Dataset>> {
    query_datasets!(
        "select ",
        " from datasets where id = $1 and user_id = $2 and deleted_at is null",
        id.0,
        user.0,
    )
    .fetch_optional(executor)
    .await
}

/// Keeps a data set of this user from being deleted until the transaction ends. Returns false when there is
/// none.
pub async fn lock_for_share(
    executor: impl PgExecutor<'_>,
    id: DatasetId,
    user: UserId,
) -> sqlx::Result<bool> {
    let found = query_scalar!(
        "select true from datasets where id = $1 and user_id = $2 and deleted_at is null for share",
        id.0,
        user.0,
    )
    .fetch_optional(executor)
    .await?;
    Ok(found.is_some())
}

/// Lists the data sets of this user, newest first.
pub async fn list(
    executor: impl PgExecutor<'_>,
    user: UserId,
    slice: Slice<(Timestamp, DatasetId)>,
) -> sqlx::Result<Vec<Dataset>> {
    let (created_at, id) = slice.after.unzip();
    query_datasets!(
        "select ",
        " from datasets
         where user_id = $1 and deleted_at is null
               and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
         order by created_at desc, id desc limit $4 offset $5",
        user.0,
        created_at as Option<Timestamp>,
        id.map(|id| id.0),
        slice.limit,
        slice.offset,
    )
    .fetch_all(executor)
    .await
}

pub async fn count(executor: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select count(*) as "count!" from datasets where user_id = $1 and deleted_at is null"#,
        user.0,
    )
    .fetch_one(executor)
    .await
}

/// Lists the rows of a data set. The caller has checked whose they are.
pub async fn list_rows(
    executor: impl PgExecutor<'_>,
    id: DatasetId,
    slice: Slice<i32>,
) -> sqlx::Result<Vec<DatasetRow>> {
    query_as!(
        DatasetRow,
        r#"select number, variables as "variables: Json<BTreeMap<String, String>>", expected
           from dataset_rows where dataset_id = $1 and number > $2
           order by number limit $3 offset $4"#,
        id.0,
        slice.after.unwrap_or(0),
        slice.limit,
        slice.offset,
    )
    .fetch_all(executor)
    .await
}

/// Deletes a data set; its rows stay, hidden, while runs show them. Belongs into a transaction: it locks the
/// row first, so that no run starts meanwhile ([`lock_for_share`]).
pub async fn delete(
    connection: &mut sqlx::PgConnection,
    id: DatasetId,
    user: UserId,
) -> sqlx::Result<bool> {
    let locked = query!(
        "select id from datasets where id = $1 and user_id = $2 and deleted_at is null for update",
        id.0,
        user.0,
    )
    .fetch_optional(&mut *connection)
    .await?;
    if locked.is_none() {
        return Ok(false);
    }
    let gone = query!(
        "delete from datasets
         where id = $1 and not exists (select from runs where dataset_id = $1)",
        id.0,
    )
    .execute(&mut *connection)
    .await?;
    if gone.rows_affected() == 0 {
        query!("update datasets set deleted_at = now() where id = $1", id.0)
            .execute(connection)
            .await?;
    }
    Ok(true)
}
