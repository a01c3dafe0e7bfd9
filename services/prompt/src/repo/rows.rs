//! The rows of the tables that `promptforge-dev seed` fills: every column, so that a migration that adds
//! one is followed here and there before either compiles.

use ids::{CommentId, PromptId, UserId};
use rust_decimal::Decimal;
use timestamp::Timestamp;

pub use super::versions::{COLLECTION as VERSIONS, Document as VersionDocument};
pub use crate::domain::{PromptText, Status, Version, VersionSet, Visibility};

pg::copy_rows! {
    /// A row of `prompts`.
    PromptRow in "prompts" (select
        "id, user_id, username, title, description, content, category, tags, visibility, status, model,
         version, revision, forked_from_prompt_id, forked_from_version, is_featured, is_premium, price,
         created_at, updated_at, premium_revision"
    ) {
        id: PromptId,
        user_id: UserId,
        username: String,
        title: String,
        description: Option<String>,
        content: String,
        category: String,
        tags: Vec<String>,
        visibility: Visibility,
        status: Status,
        model: Option<String>,
        version: i32,
        revision: i64,
        forked_from_prompt_id: Option<PromptId>,
        forked_from_version: Option<i32>,
        is_featured: bool,
        is_premium: bool,
        price: Option<Decimal>,
        created_at: Timestamp,
        updated_at: Timestamp,
        premium_revision: i64,
    } unread {
        published: VersionSet,
    } generated {}

    /// A row of `prompt_counters`.
    CounterRow in "prompt_counters" {
        prompt_id: PromptId,
        listed: bool,
        likes_count: i64,
        views_count: i64,
        usage_count: i64,
        forks_count: i64,
        comments_count: i64,
        ratings_1: i64,
        ratings_2: i64,
        ratings_3: i64,
        ratings_4: i64,
        ratings_5: i64,
        trending: f64,
    } generated {
        ratings_count: i64,
        average_rating: f64,
        weighted_rating: f64,
    }

    /// A row of `prompt_labels`.
    LabelRow in "prompt_labels" {
        prompt_id: PromptId,
        label: String,
        version: i32,
    } generated {}

    /// A row of `prompt_likes`.
    LikeRow in "prompt_likes" {
        prompt_id: PromptId,
        user_id: UserId,
        created_at: Timestamp,
    } generated {}

    /// A row of `prompt_ratings`.
    RatingRow in "prompt_ratings" {
        prompt_id: PromptId,
        user_id: UserId,
        username: String,
        rating: i16,
        review: Option<String>,
        created_at: Timestamp,
        updated_at: Timestamp,
    } generated {}

    /// A row of `prompt_comments`.
    CommentRow in "prompt_comments" {
        id: CommentId,
        prompt_id: PromptId,
        user_id: UserId,
        username: String,
        parent_id: Option<CommentId>,
        content: String,
        likes_count: i64,
        created_at: Timestamp,
        updated_at: Timestamp,
    } generated {}

    /// A row of `comment_likes`.
    CommentLikeRow in "comment_likes" {
        comment_id: CommentId,
        user_id: UserId,
        created_at: Timestamp,
    } generated {}
}

#[cfg(test)]
mod tests {
    use pg::CopyRow;
    use sqlx::{PgPool, query_scalar};

    use super::PromptRow;

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn a_row_of_a_prompt_has_every_column_of_the_table(pool: PgPool) {
        let columns: Vec<String> = query_scalar(
            "select column_name::text from information_schema.columns where table_name = $1 order by 1",
        )
        .bind(PromptRow::TABLE)
        .fetch_all(&pool)
        .await
        .unwrap();
        let mut written = PromptRow::COLUMNS.to_vec();
        written.sort_unstable();
        assert_eq!(written, columns);
    }
}
