//! The rows of a batch, by table. The services say which columns the tables have.

use anyhow::Context;
use ids::{PromptId, UserId};
use pg::{CopyRow, CopyRows};
use prompt_service::rows::{
    CommentLikeRow, CommentRow, CounterRow, LabelRow, LikeRow, PromptRow, RatingRow, VersionSet,
};
use sqlx::{AssertSqlSafe, PgConnection};
use timestamp::Timestamp;

use super::{people::People, prompts::Prompt};

/// Temporary tables, from which prompts and counters are inserted together.
const NEW_PROMPTS: &str = "new_prompts";
const NEW_COUNTERS: &str = "new_prompt_counters";

/// The rows of each table.
#[derive(Default)]
pub struct Tables {
    pub prompts: CopyRows<PromptRow>,
    pub counters: CopyRows<CounterRow>,
    pub labels: CopyRows<LabelRow>,
    pub likes: CopyRows<LikeRow>,
    pub ratings: CopyRows<RatingRow>,
    pub comments: CopyRows<CommentRow>,
    pub comment_likes: CopyRows<CommentLikeRow>,
}

impl Tables {
    /// Creates the temporary tables that [`Self::write`] needs.
    ///
    /// # Errors
    /// When Postgres refuses a table.
    pub async fn prepare(connection: &mut PgConnection) -> sqlx::Result<()> {
        let prompt = (NEW_PROMPTS, PromptRow::TABLE, PromptRow::COLUMNS.join(", "));
        let counters = (NEW_COUNTERS, CounterRow::TABLE, CounterRow::COLUMNS.join(", "));
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
        self.prompts.push(&prompt_row(prompt, people));
        self.counters.push(&counter_row(prompt));
        for (label, version) in &prompt.labels {
            self.labels.push(&LabelRow {
                prompt_id: PromptId(prompt.id),
                label: (*label).to_owned(),
                version: *version,
            });
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
        self.prompts.write_to(NEW_PROMPTS, connection).await.context("cannot write prompts")?;
        self.counters.write_to(NEW_COUNTERS, connection).await.context("cannot write counters")?;
        // In one statement, as the prompt service does: the triggers on prompts look at counters.
        let (prompt, counters) = (PromptRow::COLUMNS.join(", "), CounterRow::COLUMNS.join(", "));
        let move_in = AssertSqlSafe(format!(
            "with prompt as (insert into prompts ({prompt}) select {prompt} from {NEW_PROMPTS})
             insert into prompt_counters ({counters}) select {counters} from {NEW_COUNTERS}"
        ));
        sqlx::query(move_in).execute(&mut *connection).await.context("cannot write prompts")?;
        self.labels.write(connection).await.context("cannot write labels")?;
        self.likes.write(connection).await.context("cannot write likes")?;
        self.ratings.write(connection).await.context("cannot write ratings")?;
        self.comments.write(connection).await.context("cannot write comments")?;
        self.comment_likes.write(connection).await.context("cannot write likes of comments")
    }
}

fn prompt_row(prompt: &Prompt, people: &People) -> PromptRow {
    let text = prompt.text.clone();
    // Readable prompts were published when they were created.
    let published = match prompt.access.is_readable() {
        true => VersionSet::up_to(prompt.version),
        false => VersionSet::default(),
    };
    PromptRow {
        id: PromptId(prompt.id),
        user_id: UserId(people.ids[prompt.author]),
        username: people.usernames[prompt.author].clone(),
        title: text.title,
        description: text.description,
        content: text.content,
        category: text.category.to_owned(),
        tags: text.tags,
        visibility: prompt.access.visibility,
        status: prompt.access.status,
        model: text.model.map(str::to_owned),
        version: prompt.version,
        revision: prompt.version.into(),
        forked_from_prompt_id: prompt.forked_from.map(|(id, _)| PromptId(id)),
        forked_from_version: prompt.forked_from.map(|(_, version)| version),
        // The few prompts with many likes are featured.
        is_featured: prompt.access.is_listed() && prompt.counts.likes > 1_000,
        is_premium: false,
        price: None,
        created_at: Timestamp::from_millis(prompt.created_at),
        updated_at: Timestamp::from_millis(prompt.updated_at),
        premium_revision: 0,
        published,
    }
}

fn counter_row(prompt: &Prompt) -> CounterRow {
    let counts = &prompt.counts;
    let [ratings_1, ratings_2, ratings_3, ratings_4, ratings_5] = counts.ratings;
    CounterRow {
        prompt_id: PromptId(prompt.id),
        listed: prompt.access.is_listed(),
        likes_count: counts.likes,
        views_count: counts.views,
        // One view in eight leads to a use.
        usage_count: counts.views / 8,
        forks_count: counts.forks,
        comments_count: counts.comments,
        ratings_1,
        ratings_2,
        ratings_3,
        ratings_4,
        ratings_5,
        trending: counts.trend.score(),
    }
}
