//! `/analytics/timeseries`: the platform's activity by day or by hour.

use axum::{extract::State, response::Response};
use garde::Validate;
use http_kit::{ApiResult, Query, openapi::Problems};
use read_cache::{JsonAnswer, ReadError, Reader};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use timestamp::Timestamp;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    domain::{Bound, Interval, Metric, NamedZone, Period, Point, period::Given},
    service,
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_timeseries))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct TimeseriesQuery {
    /// What is counted.
    #[garde(skip)]
    #[param(inline, default = "views")]
    metric: Metric,
    /// What a point stands for.
    #[garde(skip)]
    #[param(inline, default = "day")]
    interval: Interval,
    /// The first moment of the period: a date, whose midnight in `tz` it is, or a time in RFC 3339. The 7
    /// days or 48 hours up to `to` unless given.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "2026-01-01")]
    from: Option<Bound>,
    /// The end of the period, which is not in it: a date or a time, as `from`. Now unless given.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "2026-02-01T00:00:00+01:00")]
    to: Option<Bound>,
    /// The time zone at whose midnights days begin, by its IANA name; the offset that `from` has, or else
    /// UTC, unless given.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "Europe/Berlin")]
    tz: Option<NamedZone>,
}

impl Default for TimeseriesQuery {
    fn default() -> Self {
        let (metric, interval) = (Metric::Views, Interval::Day);
        Self { metric, interval, from: None, to: None, tz: None }
    }
}

/// The activity by day or by hour.
#[derive(Serialize, ToSchema)]
struct TimeseriesResponse {
    #[schema(inline)]
    metric: Metric,
    #[schema(inline)]
    interval: Interval,
    /// A name of the IANA's, or an offset.
    #[schema(example = "Europe/Berlin")]
    tz: String,
    from: Timestamp,
    to: Timestamp,
    /// Each day or hour that begins in `from` to before `to`, in order; empty ones too.
    points: Vec<PointResponse>,
}

/// The events of a day or an hour.
#[derive(Serialize, ToSchema)]
struct PointResponse {
    /// The first moment of the day or hour.
    start: Timestamp,
    value: i64,
}

impl From<Point> for PointResponse {
    fn from(point: Point) -> Self {
        Self { start: point.start, value: point.value }
    }
}

/// Activity by day or by hour
///
/// Anyone may call this. A day or hour is in the answer when it begins in `from` to before `to`, and it is
/// counted whole; those ahead of now are 0. Days begin at the midnight of `tz`, or at the first moment after
/// it where a change of clocks leaves it out, and have 23 or 25 hours then; hours begin at its full hours,
/// and where the clocks change. At most 2,000 points.
#[utoipa::path(
    get, path = "/analytics/timeseries", tag = "analytics",
    params(TimeseriesQuery, ("If-None-Match" = Option<String>, Header, description = "The `ETag` last read.")),
    responses(
        (status = 200, description = "The points.", body = TimeseriesResponse,
            headers(("ETag", description = "For `If-None-Match`."))),
        (status = 304, description = "The caller has it."),
        Problems::<()>,
    ),
)]
async fn get_timeseries(
    State(state): State<AppState>,
    Query(query): Query<TimeseriesQuery>,
    reader: Reader,
) -> ApiResult<Response> {
    let TimeseriesQuery { metric, interval, from, to, tz } = query;
    let is_usual = from.is_none() && to.is_none() && tz.is_none();
    let period = service::timeseries::get_period(interval, Given { from, to, tz })?;
    if !is_usual {
        return Ok(reader.answer(answer(&state.pool, metric, interval, period).await?));
    }
    let read = || {
        let pool = state.pool.clone();
        async move { answer(&pool, metric, interval, period).await }
    };
    let shared = state.answer_cache.timeseries.get_value((metric, interval), read).await?;
    Ok(reader.answer(shared))
}

async fn answer(
    pool: &PgPool,
    metric: Metric,
    interval: Interval,
    period: Period,
) -> Result<JsonAnswer, ReadError> {
    let found = service::timeseries::get_timeseries(pool, metric, period).await?;
    JsonAnswer::new(&TimeseriesResponse {
        metric,
        interval,
        tz: found.period.zone.name(),
        from: found.period.from,
        to: found.period.to,
        points: found.points.into_iter().map(Into::into).collect(),
    })
}
