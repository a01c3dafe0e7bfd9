//! The meaning of database errors: a violated constraint, an outage, or our own mistake.

use http_kit::ApiError;
use sqlx::Error;

/// Returns the constraint that a write violated, by its name in the schema.
pub fn violated(error: &Error) -> Option<&str> {
    match error {
        Error::Database(db) => db.constraint(),
        _ => None,
    }
}

/// Tells whether the database is away or overwhelmed, rather than our statement being wrong.
pub fn is_outage(error: &Error) -> bool {
    match error {
        Error::Io(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed
        | Error::Protocol(_) => true,
        Error::Database(db) => db.code().is_some_and(|code| {
            // https://www.postgresql.org/docs/15/errcodes-appendix.html: 08 connection, 53
            // resources, 57 operator intervention (shutdown, start-up, statement timeout),
            // 40 rollback (serialisation, deadlock), 25006 a read-only standby after a failover,
            // 55000 a database that takes no connections for now.
            ["08", "53", "57", "40"].iter().any(|class| code.starts_with(class))
                || code == "25006"
                || code == "55000"
        }),
        _ => false,
    }
}

/// Makes a 503 of an error while the database is away, else a 500. Violated constraints are for the
/// service to translate first.
pub fn api_error(error: Error) -> ApiError {
    if is_outage(&error) {
        ApiError::unavailable("database", error)
    } else {
        ApiError::internal(error)
    }
}
