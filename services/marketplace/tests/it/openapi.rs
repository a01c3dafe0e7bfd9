//! The description that the service gives of itself.

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::support::start;

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn the_description_is_as_checked_in(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    testkit::openapi::is_as_checked_in(&fixture.app, "marketplace").await;
}
