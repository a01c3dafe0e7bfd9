use futures_util::{StreamExt, stream};

use crate::error::ServiceError;

/// Runs `work` on each item, `concurrency` of them at once, and returns how many succeeded. One that
/// fails does not hold up the others.
pub async fn count_successes<T, F>(
    items: Vec<T>,
    concurrency: usize,
    work: impl Fn(T) -> F,
) -> usize
where
    F: Future<Output = Result<(), ServiceError>>,
{
    stream::iter(items)
        .map(work)
        .buffer_unordered(concurrency)
        .fold(0, async |count, result| count + usize::from(result.is_ok()))
        .await
}
