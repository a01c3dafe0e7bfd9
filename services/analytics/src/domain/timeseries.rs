use serde::{Deserialize, Serialize};
use timestamp::Timestamp;
use utoipa::ToSchema;

use super::Period;

/// What a time series counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// Views of prompts.
    Views,
    /// New accounts.
    Registrations,
    /// New prompts.
    Prompts,
}

impl Metric {
    /// Returns the value of the column `event_type`.
    pub fn event_type(self) -> &'static str {
        match self {
            Self::Views => "VIEWED",
            Self::Registrations => "REGISTERED",
            Self::Prompts => "CREATED",
        }
    }
}

/// The events of one kind in a day or an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    pub start: Timestamp,
    pub value: i64,
}

/// The events of one kind by day or by hour.
#[derive(Debug)]
pub struct Timeseries {
    pub period: Period,
    pub points: Vec<Point>,
}
