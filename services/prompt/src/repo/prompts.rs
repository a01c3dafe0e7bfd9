use auth::Identity;
use http_kit::page::SortDir;
use ids::{PromptId, UserId};
use pg::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgExecutor, Postgres, QueryBuilder, query, query_scalar};

use crate::domain::{NewPrompt, Prompt, Text, Visibility};

/// The columns of [`Prompt`]; one placeholder, the caller's id, comes right after it.
const SELECT: &str = "
    select p.id, p.user_id, p.username, p.title, p.description, p.content, p.category, p.tags,
           p.visibility, p.status, p.model, p.version, p.version as newest_version, p.revision,
           p.forked_from_prompt_id,
           p.forked_from_version, p.is_featured, p.is_premium, p.price, p.created_at, p.updated_at,
           c.likes_count, c.views_count, c.usage_count, c.forks_count, c.comments_count,
           c.ratings_count, c.average_rating,
           exists (select from prompt_likes l where l.prompt_id = p.id and l.user_id = ";
const FROM: &str = ") as user_has_liked
    from prompts p join prompt_counters c on c.prompt_id = p.id
    where ";

fn select(caller: Option<UserId>) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(SELECT);
    query.push_bind(caller).push(FROM);
    query
}

/// Adds the condition under which `caller` may read a prompt.
fn visible_to(query: &mut QueryBuilder<Postgres>, caller: Option<&Identity>) {
    if caller.is_some_and(Identity::is_admin) {
        return;
    }
    query
        .push(" and ((p.visibility <> 'PRIVATE' and p.status <> 'DRAFT') or p.user_id = ")
        .push_bind(caller.map(|caller| caller.id))
        .push(")");
}

/// A prompt that `caller` may read.
pub async fn find(
    executor: impl PgExecutor<'_>,
    id: PromptId,
    caller: Option<&Identity>,
) -> sqlx::Result<Option<Prompt>> {
    let mut query = select(caller.map(|caller| caller.id));
    query.push("p.id = ").push_bind(id);
    visible_to(&mut query, caller);
    query.build_query_as().fetch_optional(executor).await
}

/// Whether there is a prompt that `caller` may read.
pub async fn is_visible(
    executor: impl PgExecutor<'_>,
    id: PromptId,
    caller: Option<&Identity>,
) -> sqlx::Result<bool> {
    let mut query = QueryBuilder::new("select exists (select from prompts p where p.id = ");
    query.push_bind(id);
    visible_to(&mut query, caller);
    query.push(")");
    query.build_query_scalar().fetch_one(executor).await
}

/// As [`find`], holding the row until the transaction ends.
pub async fn lock(
    connection: &mut PgConnection,
    id: PromptId,
    caller: &Identity,
) -> sqlx::Result<Option<Prompt>> {
    let mut query = select(Some(caller.id));
    query.push("p.id = ").push_bind(id);
    visible_to(&mut query, Some(caller));
    // Not `for update`: that would keep out the key-share locks of likes and ratings, which then
    // hold the counters that this transaction wants next.
    query.push(" for no key update of p");
    query.build_query_as().fetch_optional(connection).await
}

pub async fn insert(
    connection: &mut PgConnection,
    id: PromptId,
    author: &Identity,
    new: &NewPrompt,
    created_at: Timestamp,
) -> sqlx::Result<()> {
    let text = &new.text;
    query!(
        "with prompt as (
             insert into prompts (id, user_id, username, title, description, content, category,
                                  tags, model, visibility, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
             returning id, visibility, status)
         insert into prompt_counters (prompt_id, listed)
         select id, visibility = 'PUBLIC' and status = 'PUBLISHED' from prompt",
        id.0,
        author.id.0,
        author.username,
        text.title,
        text.description,
        text.content,
        text.category,
        &text.tags,
        text.model,
        new.visibility as Visibility,
        created_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes a changed prompt and raises its revision.
pub async fn update(
    connection: &mut PgConnection,
    id: PromptId,
    text: &Text,
    visibility: Visibility,
    version: i32,
) -> sqlx::Result<()> {
    query!(
        "with prompt as (
             update prompts
             set title = $2, description = $3, content = $4, category = $5, tags = $6, model = $7,
                 visibility = $8, version = $9, revision = revision + 1, updated_at = now()
             where id = $1
             returning id, visibility, status)
         update prompt_counters c
         set listed = (prompt.visibility = 'PUBLIC' and prompt.status = 'PUBLISHED')
         from prompt
         where c.prompt_id = prompt.id",
        id.0,
        text.title,
        text.description,
        text.content,
        text.category,
        &text.tags,
        text.model,
        visibility as Visibility,
        version,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps a prompt from being deleted until the transaction ends; false if it is gone. Whoever means
/// to lock a prompt's counters locks the prompt first, as its deletion does: one order, no deadlock.
pub async fn keep(connection: &mut PgConnection, id: PromptId) -> sqlx::Result<bool> {
    let row = query!("select id from prompts where id = $1 for key share", id.0)
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// Deletes a prompt of the caller's own, or any for an admin. False if there was none.
pub async fn delete(
    executor: impl PgExecutor<'_>,
    id: PromptId,
    caller: &Identity,
) -> sqlx::Result<bool> {
    let deleted = query!(
        "delete from prompts where id = $1 and (user_id = $2 or $3)",
        id.0,
        caller.id.0,
        caller.is_admin(),
    )
    .execute(executor)
    .await?;
    Ok(deleted.rows_affected() > 0)
}

/// What a list of prompts can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SortBy {
    #[default]
    CreatedAt,
    ViewsCount,
    LikesCount,
    AverageRating,
    Title,
}

/// The sort key of the last row of a page, and its id.
#[derive(Serialize, Deserialize)]
pub enum Position {
    Time(Timestamp, PromptId),
    Text(String, PromptId),
    Count(i64, PromptId),
    Mean(f64, PromptId),
}

impl SortBy {
    /// The column, and the id beside it in the same index.
    fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::CreatedAt => ("p.created_at", "p.id"),
            Self::Title => ("p.title", "p.id"),
            Self::ViewsCount => ("c.views_count", "c.prompt_id"),
            Self::LikesCount => ("c.likes_count", "c.prompt_id"),
            Self::AverageRating => ("c.average_rating", "c.prompt_id"),
        }
    }

    /// Where a prompt stands in a list sorted by this.
    pub fn position(self, prompt: &Prompt) -> Position {
        match self {
            Self::CreatedAt => Position::Time(prompt.created_at, prompt.id),
            Self::Title => Position::Text(prompt.title.clone(), prompt.id),
            Self::ViewsCount => Position::Count(prompt.views_count, prompt.id),
            Self::LikesCount => Position::Count(prompt.likes_count, prompt.id),
            Self::AverageRating => Position::Mean(prompt.average_rating, prompt.id),
        }
    }

    /// Whether a position belongs to a list sorted by this.
    pub fn accepts(self, position: &Position) -> bool {
        matches!(
            (self, position),
            (Self::CreatedAt, Position::Time(..))
                | (Self::Title, Position::Text(..))
                | (Self::ViewsCount | Self::LikesCount, Position::Count(..))
                | (Self::AverageRating, Position::Mean(..))
        )
    }
}

/// Which prompts a list holds.
#[derive(Clone, Copy)]
pub enum Shelf {
    /// All public, published ones.
    Public,
    /// All of one author.
    Own(UserId),
}

/// A stretch of a sorted list.
pub struct Slice {
    pub sort_by: SortBy,
    pub sort_dir: SortDir,
    pub after: Option<Position>,
    pub offset: i64,
    pub limit: i64,
}

/// One page of a shelf, plus one row when there is more.
pub async fn list(
    executor: impl PgExecutor<'_>,
    shelf: Shelf,
    slice: Slice,
    caller: Option<UserId>,
) -> sqlx::Result<Vec<Prompt>> {
    let mut query = select(caller);
    match shelf {
        // The first condition is what the indexes on counters hold, the others what those on
        // `prompts` hold: whichever sorts finds its own.
        Shelf::Public => {
            query.push("c.listed and p.visibility = 'PUBLIC' and p.status = 'PUBLISHED'")
        }
        Shelf::Own(author) => query.push("p.user_id = ").push_bind(author),
    };
    let (column, id_column) = slice.sort_by.columns();
    let (direction, beyond) = match slice.sort_dir {
        SortDir::Asc => ("asc", ">"),
        SortDir::Desc => ("desc", "<"),
    };
    if let Some(after) = slice.after {
        query.push(format_args!(" and ({column}, {id_column}) {beyond} ("));
        match after {
            Position::Time(key, id) => query.push_bind(key).push(", ").push_bind(id),
            Position::Text(key, id) => query.push_bind(key).push(", ").push_bind(id),
            Position::Count(key, id) => query.push_bind(key).push(", ").push_bind(id),
            Position::Mean(key, id) => query.push_bind(key).push(", ").push_bind(id),
        };
        query.push(")");
    }
    query
        .push(format_args!(" order by {column} {direction}, {id_column} {direction} limit "))
        .push_bind(slice.limit)
        .push(" offset ")
        .push_bind(slice.offset);
    query.build_query_as().fetch_all(executor).await
}

/// How many prompts a shelf holds.
pub async fn count(executor: impl PgExecutor<'_>, shelf: Shelf) -> sqlx::Result<i64> {
    match shelf {
        Shelf::Public => {
            query_scalar!(r#"select count(*) as "count!" from prompt_counters where listed"#)
                .fetch_one(executor)
                .await
        }
        Shelf::Own(author) => {
            query_scalar!(
                r#"select count(*) as "count!" from prompts where user_id = $1"#,
                author.0
            )
            .fetch_one(executor)
            .await
        }
    }
}
