use crate::{repo::queue::lease, state::AppState};

/// Sets the gauges of the queue.
pub async fn measure_queue(state: AppState) -> sqlx::Result<()> {
    let depth = lease::depth(&state.pool).await?;
    metrics::gauge!("tests_waiting").set(depth.waiting as f64);
    metrics::gauge!("tests_running").set(depth.running as f64);
    metrics::gauge!("tests_oldest_waiting_seconds").set(depth.oldest_seconds);
    Ok(())
}
