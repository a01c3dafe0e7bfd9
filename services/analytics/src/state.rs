use sqlx::PgPool;

/// What handlers share.
#[derive(Clone)]
pub struct AppState {
    pub pool: PgPool,
}
