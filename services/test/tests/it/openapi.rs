//! The API description, as it is checked in.

use sqlx::PgPool;

use crate::support::start;

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn the_api_is_described_as_it_is_checked_in(pool: PgPool) {
    let app = start(&pool).await;
    testkit::openapi::is_as_checked_in(&app, "test").await;
}
