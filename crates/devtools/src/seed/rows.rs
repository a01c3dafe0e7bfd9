//! The rows of a batch, by table.

use anyhow::Context;
use sqlx::{AssertSqlSafe, PgConnection};

use super::{
    copy::{Rows, Time, VersionsUpTo},
    people::People,
    prompts::Prompt,
};

const PROMPT_COLUMNS: [&str; 19] = [
    "id",
    "user_id",
    "username",
    "title",
    "description",
    "content",
    "category",
    "tags",
    "visibility",
    "status",
    "model",
    "version",
    "revision",
    "published",
    "forked_from_prompt_id",
    "forked_from_version",
    "is_featured",
    "created_at",
    "updated_at",
];

const COUNTER_COLUMNS: [&str; 13] = [
    "prompt_id",
    "listed",
    "likes_count",
    "views_count",
    "usage_count",
    "forks_count",
    "comments_count",
    "ratings_1",
    "ratings_2",
    "ratings_3",
    "ratings_4",
    "ratings_5",
    "trending",
];

/// Temporary tables, from which prompts and counters are inserted together.
const NEW_PROMPTS: &str = "new_prompts";
const NEW_COUNTERS: &str = "new_prompt_counters";

/// The rows of each table.
pub struct Tables {
    pub prompts: Rows<19>,
    pub counters: Rows<13>,
    pub labels: Rows<3>,
    pub likes: Rows<3>,
    pub ratings: Rows<7>,
    pub comments: Rows<9>,
    pub comment_likes: Rows<3>,
}

impl Tables {
    pub fn new() -> Self {
        Self {
            prompts: Rows::new(NEW_PROMPTS, PROMPT_COLUMNS),
            counters: Rows::new(NEW_COUNTERS, COUNTER_COLUMNS),
            labels: Rows::new("prompt_labels", ["prompt_id", "label", "version"]),
            likes: Rows::new("prompt_likes", ["prompt_id", "user_id", "created_at"]),
            ratings: Rows::new(
                "prompt_ratings",
                [
                    "prompt_id",
                    "user_id",
                    "username",
                    "rating",
                    "review",
                    "created_at",
                    "updated_at",
                ],
            ),
            comments: Rows::new(
                "prompt_comments",
                [
                    "id",
                    "prompt_id",
                    "user_id",
                    "username",
                    "parent_id",
                    "content",
                    "likes_count",
                    "created_at",
                    "updated_at",
                ],
            ),
            comment_likes: Rows::new("comment_likes", ["comment_id", "user_id", "created_at"]),
        }
    }

    /// Creates the temporary tables that [`Self::write`] needs.
    ///
    /// # Errors
    /// When Postgres refuses a table.
    pub async fn prepare(connection: &mut PgConnection) -> sqlx::Result<()> {
        let prompt = (NEW_PROMPTS, "prompts", PROMPT_COLUMNS.join(", "));
        let counters = (NEW_COUNTERS, "prompt_counters", COUNTER_COLUMNS.join(", "));
        for (name, like, columns) in [prompt, counters] {
            let create = AssertSqlSafe(format!(
                "create temporary table {name} on commit delete rows
                 as select {columns} from {like} with no data"
            ));
            sqlx::query(create).execute(&mut *connection).await?;
        }
        Ok(())
    }

    /// Adds a prompt, its labels and its counters.
    pub fn add(&mut self, prompt: &Prompt, people: &People) {
        let (text, counts) = (&prompt.text, &prompt.counts);
        let (parent, parent_version) = prompt.forked_from.unzip();
        self.prompts.push([
            &prompt.id,
            &people.ids[prompt.author],
            &people.usernames[prompt.author],
            &text.title,
            &text.description,
            &text.content,
            &text.category,
            &text.tags,
            &prompt.access.visibility,
            &prompt.access.status,
            &text.model,
            &prompt.version,
            &i64::from(prompt.version),
            // Readable prompts were published when they were created.
            &VersionsUpTo(prompt.access.is_readable().then_some(prompt.version)),
            &parent,
            &parent_version,
            // The few prompts with many likes are featured.
            &(prompt.access.is_listed() && counts.likes > 1_000),
            &Time(prompt.created_at),
            &Time(prompt.updated_at),
        ]);
        let [one, two, three, four, five] = &counts.ratings;
        self.counters.push([
            &prompt.id,
            &prompt.access.is_listed(),
            &counts.likes,
            &counts.views,
            // One view in eight leads to a use.
            &(counts.views / 8),
            &counts.forks,
            &counts.comments,
            one,
            two,
            three,
            four,
            five,
            &counts.trend.score(),
        ]);
        for (label, version) in &prompt.labels {
            self.labels.push([&prompt.id, label, version]);
        }
    }

    /// Returns the number of rows of each table.
    pub fn counts(&self) -> [(&'static str, u64); 6] {
        [
            ("prompts", self.prompts.count()),
            ("labels", self.labels.count()),
            ("likes", self.likes.count()),
            ("ratings", self.ratings.count()),
            ("comments", self.comments.count()),
            ("likes of comments", self.comment_likes.count()),
        ]
    }

    /// Writes all rows; the caller has a transaction.
    ///
    /// # Errors
    /// When Postgres refuses a row.
    pub async fn write(self, connection: &mut PgConnection) -> anyhow::Result<()> {
        self.prompts.write(connection).await?;
        self.counters.write(connection).await?;
        // In one statement, as the prompt service does: the triggers on prompts look at counters.
        let (prompt, counters) = (PROMPT_COLUMNS.join(", "), COUNTER_COLUMNS.join(", "));
        let move_in = AssertSqlSafe(format!(
            "with prompt as (insert into prompts ({prompt}) select {prompt} from {NEW_PROMPTS})
             insert into prompt_counters ({counters}) select {counters} from {NEW_COUNTERS}"
        ));
        sqlx::query(move_in).execute(&mut *connection).await.context("cannot write prompts")?;
        self.labels.write(connection).await?;
        self.likes.write(connection).await?;
        self.ratings.write(connection).await?;
        self.comments.write(connection).await?;
        self.comment_likes.write(connection).await
    }
}
