use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use testkit::openapi;

use crate::support::start;

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_api_is_described_as_it_is_checked_in(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    openapi::is_as_checked_in(&fixture.app, "prompt").await;
}
