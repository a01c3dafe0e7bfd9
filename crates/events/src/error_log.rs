use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// The time for which a kind of error is logged once.
const QUIET: Duration = Duration::from_secs(10);

/// The errors of a librdkafka client as log lines. While a broker is away, the client reports the same
/// error several times a second.
#[derive(Default)]
pub(crate) struct ErrorLog(
    /// When an error of each code was logged last.
    Mutex<HashMap<Option<i32>, Instant>>,
);

impl ErrorLog {
    /// Logs an error, unless one of its kind was logged within the last ten seconds.
    pub(crate) fn report(&self, error: &KafkaError, reason: &str) {
        if self.is_due(error.rdkafka_error_code(), Instant::now()) {
            tracing::warn!("Kafka: {error}: {reason}");
        } else {
            tracing::debug!("Kafka: {error}: {reason}");
        }
    }

    fn is_due(&self, kind: Option<RDKafkaErrorCode>, now: Instant) -> bool {
        let kind = kind.map(|code| code as i32);
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = logged.get(&kind).is_none_or(|at| now.duration_since(*at) >= QUIET);
        if is_due {
            logged.insert(kind, now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_logged_once_in_a_while_and_another_kind_at_once() {
        let log = ErrorLog::default();
        let start = Instant::now();
        let due = |kind, ms| log.is_due(Some(kind), start + Duration::from_millis(ms));
        assert!(due(RDKafkaErrorCode::AllBrokersDown, 0));
        assert!(!due(RDKafkaErrorCode::AllBrokersDown, 9_999));
        assert!(due(RDKafkaErrorCode::BrokerTransportFailure, 9_999));
        assert!(due(RDKafkaErrorCode::AllBrokersDown, 10_000));
    }
}
