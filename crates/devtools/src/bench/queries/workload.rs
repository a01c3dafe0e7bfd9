//! The requests to the prompt service: each kind with many parameters, drawn from the database.

use anyhow::ensure;
use sqlx::{AssertSqlSafe, FromRow, PgPool, query_as, query_scalar};
use uuid::Uuid;

use super::service::{Request, Service};

/// The number of listed prompts that parameters are drawn from.
const SAMPLE: i64 = 5_000;

const SORTS: [(&str, &str, [&str; 2]); 5] = [
    ("createdAt", "desc", ["first pages by createdAt", "by cursor, deep, by createdAt"]),
    ("viewsCount", "desc", ["first pages by viewsCount", "by cursor, deep, by viewsCount"]),
    ("likesCount", "desc", ["first pages by likesCount", "by cursor, deep, by likesCount"]),
    (
        "averageRating",
        "desc",
        ["first pages by averageRating", "by cursor, deep, by averageRating"],
    ),
    ("title", "asc", ["first pages by title", "by cursor, deep, by title"]),
];

/// A kind of request.
pub struct Operation {
    pub name: &'static str,
    pub requests: Vec<Request>,
}

impl Operation {
    fn new(name: &'static str, requests: impl IntoIterator<Item = Request>) -> Self {
        Self { name, requests: requests.into_iter().collect() }
    }
}

fn get(path: impl Into<String>) -> Request {
    Request { path: path.into(), query: Vec::new(), caller: None }
}

impl Request {
    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    fn by(mut self, caller: Uuid) -> Self {
        self.caller = Some(caller);
        self
    }
}

#[derive(FromRow)]
struct Prompt {
    id: Uuid,
    user_id: Uuid,
    category: String,
    tags: Vec<String>,
}

/// Returns all kinds of requests.
///
/// # Errors
/// When the database is empty, or the service does not answer.
pub async fn operations(
    pool: &PgPool,
    service: &mut Service,
    depth: u64,
    samples: u32,
) -> anyhow::Result<Vec<Operation>> {
    let prompts = sample(pool).await?;
    ensure!(!prompts.is_empty(), "there are no listed prompts: fill the database first");
    let popular: Vec<Uuid> = query_scalar(
        "select prompt_id from prompt_counters where listed order by likes_count desc limit 50",
    )
    .fetch_all(pool)
    .await?;
    let likers: Vec<(Uuid, Uuid)> = query_as(
        "select l.prompt_id, l.user_id from unnest($1::uuid[]) p (id)
         cross join lateral (
             select prompt_id, user_id from prompt_likes where prompt_id = p.id limit 20) l",
    )
    .bind(&popular)
    .fetch_all(pool)
    .await?;
    let authors: Vec<Uuid> =
        query_scalar("select user_id from prompts group by 1 order by count(*) desc limit 20")
            .fetch_all(pool)
            .await?;

    let each = |make: fn(&Prompt) -> Request| prompts.iter().map(make);
    let mut all = vec![Operation::new("one prompt", each(|p| get(format!("/prompts/{}", p.id))))];
    for (sort, direction, [first, _]) in SORTS {
        let pages = (0..5).map(|page| list(sort, direction).with("page", page));
        all.push(Operation::new(first, pages));
    }
    for (sort, direction, [_, deep]) in SORTS {
        all.push(Operation::new(
            deep,
            cursors(pool, service, sort, direction, depth, samples).await?,
        ));
    }
    all.extend([
        // A category or a tag with more prompts is requested more often.
        Operation::new(
            "pages of a category",
            each(|p| get(format!("/prompts/category/{}", segment(&p.category)))),
        ),
        Operation::new(
            "pages of a tag",
            prompts
                .iter()
                .flat_map(|p| p.tags.first())
                .map(|tag| get(format!("/prompts/tag/{}", segment(tag)))),
        ),
        Operation::new("prompts of a user", each(|p| get(format!("/prompts/user/{}", p.user_id)))),
        Operation::new(
            "my prompts, of those with most",
            authors.iter().map(|author| get("/prompts/my-prompts").by(*author)),
        ),
        Operation::new("trending", (0..5).map(|page| get("/prompts/trending").with("page", page))),
        Operation::new(
            "top rated",
            (0..5).map(|page| get("/prompts/top-rated").with("page", page)),
        ),
        Operation::new("categories", [get("/prompts/categories")]),
        Operation::new(
            "tags by prefix",
            prompts.iter().flat_map(|p| p.tags.first()).map(|tag| {
                get("/prompts/tags").with("prefix", tag.chars().take(2).collect::<String>())
            }),
        ),
    ]);

    let social = |what: &str, id: &Uuid| get(format!("/api/social/{what}/{id}"));
    all.extend([
        Operation::new("social stats", prompts.iter().map(|p| social("stats", &p.id))),
        Operation::new("ratings together", prompts.iter().map(|p| social("ratings", &p.id))),
        Operation::new("comments", prompts.iter().map(|p| social("comments", &p.id))),
        Operation::new(
            "comments, of the most popular",
            popular.iter().map(|id| social("comments", id)),
        ),
        Operation::new(
            "ratings, of the most popular",
            popular.iter().map(|id| get(format!("/api/social/ratings/{id}/all"))),
        ),
        Operation::new(
            "whether I like it",
            likers.iter().map(|(id, user)| get(format!("/api/social/likes/{id}/check")).by(*user)),
        ),
    ]);
    Ok(all)
}

/// Draws listed prompts from the whole table.
async fn sample(pool: &PgPool) -> anyhow::Result<Vec<Prompt>> {
    let about: f32 = query_scalar("select reltuples from pg_class where oid = 'prompts'::regclass")
        .fetch_one(pool)
        .await?;
    // Half as many more, since some are not listed.
    let percent = (150.0 * SAMPLE as f32 / about.max(1.0)).clamp(0.1, 100.0);
    let sample = format!(
        "select id, user_id, category, tags
         from prompts tablesample system ({percent}) repeatable (1)
         where visibility = 'PUBLIC' and status = 'PUBLISHED' order by md5(id::text) limit {SAMPLE}"
    );
    Ok(query_as(AssertSqlSafe(sample)).fetch_all(pool).await?)
}

fn list(sort: &str, direction: &str) -> Request {
    get("/prompts/public").with("sortBy", sort).with("sortDir", direction)
}

/// Returns requests for pages from `depth` on, each by the cursor of the page before.
async fn cursors(
    pool: &PgPool,
    service: &mut Service,
    sort: &str,
    direction: &str,
    depth: u64,
    samples: u32,
) -> anyhow::Result<Vec<Request>> {
    const SIZE: u64 = 100;
    let listed: i64 =
        query_scalar("select count(*) from prompt_counters where listed").fetch_one(pool).await?;
    let listed = listed.unsigned_abs();
    // The measured pages come after this depth.
    let depth = if depth + SIZE * u64::from(samples) < listed { depth } else { listed / 2 };
    let mut next = list(sort, direction).with("size", SIZE).with("page", depth / SIZE);
    let mut requests = Vec::new();
    while requests.len() < samples as usize {
        let call = service.call(&next).await?;
        ensure!(call.status.is_success(), "{}: {} {}", next.path, call.status, call.body);
        let Some(cursor) = call.body["nextCursor"].as_str() else { break };
        next = list(sort, direction).with("cursor", cursor);
        requests.push(next.clone());
    }
    Ok(requests)
}

/// Encodes a text as one segment of a path.
fn segment(text: &str) -> String {
    let mut url = reqwest::Url::parse("http://x").ok();
    if let Some(mut path) = url.as_mut().and_then(|url| url.path_segments_mut().ok()) {
        path.clear().push(text);
    }
    url.map_or_else(String::new, |url| url.path().trim_start_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_any_script_is_one_segment() {
        assert_eq!(segment("a/b c"), "a%2Fb%20c");
        assert_eq!(segment("写作"), "%E5%86%99%E4%BD%9C");
    }
}
