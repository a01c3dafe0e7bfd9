//! Reading prompts, each as one caller may see it.

use auth::Identity;
use ids::{PromptId, UserId};
use sqlx::{PgExecutor, Postgres, QueryBuilder, query_as, query_scalar};

use crate::domain::{Prompt, Standing};

/// The condition under which a `viewer` (`id`, `admin`) may read a prompt `p` that is hidden from others. A
/// licence holder may read a prompt whatever its author does with it later.
macro_rules! readable_by_viewer {
    () => {
        "(p.user_id = viewer.id or viewer.admin
          or exists (select from prompt_entitlements e
                     where e.prompt_id = p.id and e.user_id = viewer.id
                       and (e.expires_at is null or e.expires_at > now())))"
    };
}

pub(super) const READABLE_BY_VIEWER: &str = readable_by_viewer!();

/// The condition under which a `viewer` may read a prompt `p`: everyone may read what is not hidden.
pub(in crate::repo) const VISIBLE: &str =
    concat!("((p.visibility <> 'PRIVATE' and p.status <> 'DRAFT') or ", readable_by_viewer!(), ")");

/// The part of the contents that a query fetches, of those that the caller may read.
#[derive(Clone, Copy, Debug)]
pub enum Contents {
    None,
    /// The first characters of each, up to this number.
    Beginnings(i32),
    /// Whole contents, in the order of the prompts asked for, up to this number of bytes in all.
    Within(usize),
}

/// Starts a query for the columns of [`Prompt`] as `caller` sees it. Content that the caller may not
/// read never leaves the database.
pub(super) fn select(caller: Option<&Identity>, content: &str) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(format!(
        "select p.id, p.user_id, p.username, p.title, p.description,
                case when r.readable then {content} end as content,
                left(p.content, 200) as content_preview, r.is_theirs, r.licensed_from,
                multirange_send(p.published) as published,
                p.category, p.tags,
                p.visibility, p.status, p.model, p.version, p.version as newest_version, p.revision,
                p.xmin::text::bigint as row_version,
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
    push_viewer(&mut query, caller);
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

/// Adds the caller as a table of one row, `viewer`; its id is null for an anonymous caller.
pub(in crate::repo) fn push_viewer(query: &mut QueryBuilder<Postgres>, caller: Option<&Identity>) {
    query.push("(select ").push_bind(caller.map(|caller| caller.id)).push("::uuid as id, ");
    query.push_bind(caller.is_some_and(Identity::is_admin)).push("::boolean as admin) viewer");
}

/// Finds a prompt that `caller` may read.
pub async fn find(
    executor: impl PgExecutor<'_>,
    id: PromptId,
    caller: Option<&Identity>,
) -> sqlx::Result<Option<Prompt>> {
    let mut query = select(caller, "p.content");
    query.push("p.id = ").push_bind(id).push(" and ").push(VISIBLE);
    query.build_query_as().fetch_optional(executor).await
}

/// Returns what the answer to each of these users depends on, of a prompt that is known, in their order.
pub async fn find_standings(
    executor: impl PgExecutor<'_>,
    keys: &[(PromptId, UserId)],
) -> sqlx::Result<Vec<Standing>> {
    let (prompts, users): (Vec<_>, Vec<_>) =
        keys.iter().map(|(prompt, user)| (prompt.0, user.0)).unzip();
    query_as!(
        Standing,
        r#"select exists (select from prompt_likes l
                          where l.prompt_id = k.prompt and l.user_id = k.user_id) as "has_liked!",
                  (select min(e.from_version) from prompt_entitlements e
                   where e.prompt_id = k.prompt and e.user_id = k.user_id
                     and (e.expires_at is null or e.expires_at > now())) as licensed_from
           from unnest($1::uuid[], $2::uuid[]) with ordinality k (prompt, user_id, nth)
           order by k.nth"#,
        &prompts,
        &users,
    )
    .fetch_all(executor)
    .await
}

/// Finds those of the prompts that `caller` may read, in no order.
pub async fn find_all(
    executor: impl PgExecutor<'_>,
    ids: &[PromptId],
    caller: Option<&Identity>,
    contents: Contents,
) -> sqlx::Result<Vec<Prompt>> {
    let content = match contents {
        Contents::None => "null::text".to_owned(),
        // Of no more bytes there are no more characters, which are not counted then. The length of a content is known
        // without reading it.
        Contents::Beginnings(chars) => format!(
            "case when octet_length(p.content) <= {chars} then p.content
                  else left(p.content, {chars}) end"
        ),
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

/// Returns whether the prompt exists and `caller` may read it.
pub async fn is_visible(
    executor: impl PgExecutor<'_>,
    id: PromptId,
    caller: Option<&Identity>,
) -> sqlx::Result<bool> {
    let mut query = QueryBuilder::new("select exists (select from prompts p cross join ");
    push_viewer(&mut query, caller);
    query.push(" where p.id = ").push_bind(id).push(" and ").push(VISIBLE).push(")");
    query.build_query_scalar().fetch_one(executor).await
}

/// Returns whether each of these prompts is listed, and its row is still the one of this version.
pub async fn are_listed_unchanged(
    executor: impl PgExecutor<'_>,
    prompts: &[PromptId],
    row_versions: &[i64],
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select not exists (
               select from unnest($1::uuid[], $2::bigint[]) known (id, row_version)
               left join prompts p
                   on p.id = known.id and p.visibility = 'PUBLIC' and p.status = 'PUBLISHED'
               where p.xmin::text::bigint is distinct from known.row_version) as "are!""#,
        prompts as &[PromptId],
        row_versions,
    )
    .fetch_one(executor)
    .await
}
