//! `/analytics/pipeline`: how far events have been applied.

use auth::Admin;
use axum::extract::State;
use events::consumer::PartitionPosition;
use http_kit::{
    ApiResult, Json,
    openapi::Problems,
    problem::codes::{DependencyUnavailable, Forbidden},
};
use serde::Serialize;
use timestamp::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    service::pipeline::{self, Pipeline},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_pipeline))
}

/// How far events have been applied.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PipelineResponse {
    /// By topic and number; those of topics that are not there yet are absent.
    partitions: Vec<PartitionResponse>,
    /// The events applied a second, over the last ten seconds, by all instances.
    events_per_second: f64,
    /// When events were last applied, to the second; null when none were for ten minutes.
    last_event_at: Option<Timestamp>,
    /// The number of dead letters, replayed ones among them.
    dead_letters: i64,
}

/// How far a partition has been read.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PartitionResponse {
    #[schema(example = "prompt.viewed")]
    topic: String,
    partition: i32,
    /// The offset of the message that is read next.
    #[schema(minimum = 0)]
    position: i64,
    /// The offset that the next message to come will have.
    #[schema(minimum = 0)]
    end: i64,
    /// The messages that are still to be read.
    #[schema(minimum = 0)]
    lag: i64,
}

impl From<PartitionPosition> for PartitionResponse {
    fn from(it: PartitionPosition) -> Self {
        let PartitionPosition { topic, partition, position, end, lag } = it;
        Self { topic, partition, position, end, lag }
    }
}

/// The pipeline
///
/// For administrators. How far the events of each partition have been applied, by whichever instance. A
/// `position` is the one last committed, which follows what is applied within a quarter of a second. `lag`
/// is 0 when all is read; offsets that hold no message, such as the markers of transactions, are not counted
/// where less than a thousand are left.
#[utoipa::path(
    get, path = "/analytics/pipeline", tag = "pipeline",
    responses(
        (status = 200, description = "The state of the pipeline.", body = PipelineResponse),
        Problems::<(Forbidden, DependencyUnavailable)>,
    ),
    security(("bearer" = [])),
)]
async fn get_pipeline(
    State(state): State<AppState>,
    Admin(_caller): Admin,
) -> ApiResult<Json<PipelineResponse>> {
    let Pipeline { partitions, events_per_second, last_event_at, dead_letters } =
        pipeline::get(&state).await?;
    let partitions = partitions.into_iter().map(Into::into).collect();
    Ok(Json(PipelineResponse { partitions, events_per_second, last_event_at, dead_letters }))
}
