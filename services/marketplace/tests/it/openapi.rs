//! The description that the service gives of itself.

use sqlx::PgPool;

use crate::support::start;

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn the_description_is_as_checked_in(pool: PgPool) {
    let fixture = start(&pool).await;
    testkit::openapi::is_as_checked_in(&fixture.app, "marketplace").await;
}
