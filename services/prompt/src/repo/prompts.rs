use auth::Identity;
use ids::PromptId;
use pg::Timestamp;
use sqlx::{PgConnection, PgExecutor, Postgres, QueryBuilder, query};

use super::counters;
use crate::domain::{NewPrompt, Prompt, Status, Text, Visibility};

/// The condition under which a `viewer` (`id`, `admin`) may read a prompt `p`: everyone may what is not
/// hidden, and who has paid for it may whatever its author does with it later.
pub(super) const VISIBLE: &str = "\
    ((p.visibility <> 'PRIVATE' and p.status <> 'DRAFT') or p.user_id = viewer.id or viewer.admin
     or exists (select from prompt_entitlements e
                where e.prompt_id = p.id and e.user_id = viewer.id
                  and (e.expires_at is null or e.expires_at > now())))";

/// How much of the contents a query fetches, of those that the caller may read.
#[derive(Clone, Copy, Debug)]
pub enum Contents {
    No,
    /// So many characters of each.
    Beginnings(i32),
    /// Whole ones, in the order of the prompts asked for, until they come to so many bytes.
    Within(usize),
}

/// The columns of [`Prompt`] as `caller` sees it. Content that the caller may not read never leaves
/// the database.
fn select(caller: Option<&Identity>, content: &str) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(format!(
        "select p.id, p.user_id, p.username, p.title, p.description,
                case when r.readable then {content} end as content,
                left(p.content, 200) as content_preview, r.is_theirs, r.licensed_from,
                (select coalesce(jsonb_agg(jsonb_build_array(lower(n), upper(n) - 1)), '[]')
                 from unnest(p.published) n) as published,
                p.category, p.tags,
                p.visibility, p.status, p.model, p.version, p.version as newest_version, p.revision,
                coalesce((select jsonb_object_agg(l.label, l.version) from prompt_labels l
                          where l.prompt_id = p.id), '{{}}') as labels,
                p.forked_from_prompt_id, p.forked_from_version, p.is_featured, p.is_premium, p.price,
                p.created_at, p.updated_at, c.likes_count, c.views_count, c.usage_count,
                c.forks_count, c.comments_count, c.ratings_count, c.average_rating,
                exists (select from prompt_likes l
                        where l.prompt_id = p.id and l.user_id = viewer.id) as user_has_liked
         from prompts p
         join prompt_counters c on c.prompt_id = p.id
         cross join ",
    ));
    viewer(&mut query, caller);
    query.push(
        " cross join lateral (
              select coalesce(p.user_id = viewer.id, false) or viewer.admin as is_theirs,
                     (select min(e.from_version) from prompt_entitlements e
                      where e.prompt_id = p.id and e.user_id = viewer.id
                        and (e.expires_at is null or e.expires_at > now())) as licensed_from) t
          cross join lateral (
              select t.*, t.is_theirs or t.licensed_from is not null
                     or (not p.is_premium and p.visibility <> 'PRIVATE' and p.status <> 'DRAFT')
                         as readable) r
          where ",
    );
    query
}

/// Who asks, as a table of one row; the id is null for nobody.
fn viewer(query: &mut QueryBuilder<Postgres>, caller: Option<&Identity>) {
    query.push("(select ").push_bind(caller.map(|caller| caller.id)).push("::uuid as id, ");
    query.push_bind(caller.is_some_and(Identity::is_admin)).push("::boolean as admin) viewer");
}

/// A prompt that `caller` may read.
pub async fn find(
    executor: impl PgExecutor<'_>,
    id: PromptId,
    caller: Option<&Identity>,
) -> sqlx::Result<Option<Prompt>> {
    let mut query = select(caller, "p.content");
    query.push("p.id = ").push_bind(id).push(" and ").push(VISIBLE);
    query.build_query_as().fetch_optional(executor).await
}

/// Those of these prompts that `caller` may read, in no order.
pub async fn find_all(
    executor: impl PgExecutor<'_>,
    ids: &[PromptId],
    caller: Option<&Identity>,
    contents: Contents,
) -> sqlx::Result<Vec<Prompt>> {
    let content = match contents {
        Contents::No => "null::text".to_owned(),
        Contents::Beginnings(chars) => format!("left(p.content, {chars})"),
        // The length of a content is known without reading it.
        Contents::Within(bytes) => format!(
            "case when sum(octet_length(p.content)) filter (where r.readable)
                       over (order by array_position($3::uuid[], p.id)) <= {bytes}
                  then p.content end"
        ),
    };
    let mut query = select(caller, &content);
    query.push("p.id = any(").push_bind(ids).push(") and ").push(VISIBLE);
    query.build_query_as().fetch_all(executor).await
}

/// Whether there is a prompt that `caller` may read.
pub async fn is_visible(
    executor: impl PgExecutor<'_>,
    id: PromptId,
    caller: Option<&Identity>,
) -> sqlx::Result<bool> {
    let mut query = QueryBuilder::new("select exists (select from prompts p cross join ");
    viewer(&mut query, caller);
    query.push(" where p.id = ").push_bind(id).push(" and ").push(VISIBLE).push(")");
    query.build_query_scalar().fetch_one(executor).await
}

/// Who may change a prompt in some way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Editors {
    Author,
    AuthorAndAdmins,
}

/// What a prompt's row is held for.
#[derive(Clone, Copy, Debug)]
pub enum Hold {
    Edit,
    Deletion,
}

/// A prompt that `caller` may change, held until the transaction ends.
pub async fn lock(
    connection: &mut PgConnection,
    id: PromptId,
    caller: &Identity,
    editors: Editors,
    hold: Hold,
) -> sqlx::Result<Option<Prompt>> {
    let mut query = select(Some(caller), "p.content");
    query.push("p.id = ").push_bind(id).push(" and (p.user_id = ").push_bind(caller.id);
    query.push(" or ").push_bind(editors == Editors::AuthorAndAdmins && caller.is_admin());
    query.push(match hold {
        // Not `for update`: that would keep out the key-share locks of likes and ratings, which
        // then hold the counters that this transaction wants next.
        Hold::Edit => ") for no key update of p",
        // Here it has to keep them out, and before this transaction holds the counters.
        Hold::Deletion => ") for update of p",
    });
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
                                  tags, model, visibility, status, created_at, updated_at,
                                  forked_from_prompt_id, forked_from_version)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14)
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
        new.status as Status,
        created_at,
        new.forked_from.map(|origin| origin.prompt_id.0),
        new.forked_from.map(|origin| origin.version),
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
    status: Status,
    version: i32,
) -> sqlx::Result<()> {
    query!(
        "with prompt as (
             update prompts
             set title = $2, description = $3, content = $4, category = $5, tags = $6, model = $7,
                 visibility = $8, status = $9, version = $10, revision = revision + 1,
                 updated_at = now()
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
        status as Status,
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

/// Deletes a prompt, which must be locked for it, and uncounts it where it was forked from.
pub async fn delete(
    connection: &mut PgConnection,
    id: PromptId,
    forked_from: Option<PromptId>,
) -> sqlx::Result<()> {
    // The counters that go and those that change, in order of id as whoever else holds several: the
    // deletion would take its own first, whatever its id.
    let mut counted = vec![id];
    counted.extend(forked_from);
    counters::lock_all(connection, &counted).await?;
    query!("delete from prompts where id = $1", id.0).execute(&mut *connection).await?;
    if let Some(origin) = forked_from {
        counters::add_forks(connection, origin, -1).await?;
    }
    Ok(())
}
