use sqlx::PgPool;

use crate::support::start;

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn the_api_is_described_as_it_is_checked_in(pool: PgPool) {
    let fixture = start(&pool).await;
    testkit::openapi::is_as_checked_in(&fixture.app, "analytics").await;
}
