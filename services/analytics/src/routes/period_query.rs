use garde::Validate;
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;
use utoipa::{IntoParams, ToSchema};

use crate::domain::{Bound, DayCount, NamedZone, period::Given};

/// The period of a question that is answered by day.
#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// The first moment of the period: a date, whose midnight in `tz` it is, or a time in RFC 3339. The 30
    /// days up to `to` unless given.
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

impl From<PeriodQuery> for Given {
    fn from(query: PeriodQuery) -> Self {
        Self { from: query.from, to: query.to, tz: query.tz }
    }
}

/// The views of a day.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DayResponse {
    /// The first moment of the day.
    start: Timestamp,
    views: i64,
    /// Accounts and viewers who were not signed in, each once.
    unique_viewers: i64,
}

impl From<DayCount> for DayResponse {
    fn from(day: DayCount) -> Self {
        Self { start: day.start, views: day.views, unique_viewers: day.unique_viewers }
    }
}
