//! The searches: each kind with many words, drawn from the database.

use anyhow::{bail, ensure};
use sqlx::{AssertSqlSafe, FromRow, PgPool, query_as, query_scalar};

use super::words::Words;

/// The number of listed prompts that words are drawn from.
const SAMPLE: u32 = 5_000;

/// The searches of a kind that the throughput is measured with.
const MIXED: usize = 100;

/// A kind of search.
pub struct Kind {
    pub name: &'static str,
    pub paths: Vec<String>,
    /// The most that the time at p95 may be at a million prompts, in milliseconds.
    pub limit_ms: f64,
    /// True for a call that the build before does not have.
    pub is_new: bool,
}

#[derive(FromRow)]
struct Prompt {
    category: String,
    title: String,
    content: String,
}

/// Returns all kinds of searches.
///
/// # Errors
/// When the database holds nothing to search for.
pub async fn kinds(pool: &PgPool) -> anyhow::Result<Vec<Kind>> {
    let prompts = sample(pool).await?;
    ensure!(!prompts.is_empty(), "there are no listed prompts");
    let words = Words::from_prompts(prompts.iter().map(|p| (p.title.as_str(), p.content.as_str())));
    let search = |words: &[String]| -> Vec<String> {
        words.iter().map(|word| path("search", "keyword", word)).collect()
    };
    let in_category = words.common.iter().cycle().zip(&prompts).map(|(word, prompt)| {
        let category = path("search", "category", &prompt.category);
        path("search", "keyword", word) + "&" + category.split_once('?').map_or("", |(_, q)| q)
    });
    let kind = |name, paths| Kind { name, paths, limit_ms: 10.0, is_new: false };
    let suggestions = words.unfinished.iter().map(|word| path("suggest", "q", word)).collect();
    let all = vec![
        kind("a common word", search(&words.common)),
        kind("a rare word", search(&words.rare)),
        kind("a misspelt word", search(&words.misspelt)),
        Kind { limit_ms: 15.0, ..kind("an unfinished word", search(&words.unfinished)) },
        kind("two words", search(&words.pairs)),
        kind("a phrase", search(&words.phrases)),
        kind("a common word in a category", in_category.collect()),
        kind("Japanese", search(&words.japanese)),
        Kind { limit_ms: 5.0, is_new: true, ..kind("suggestions", suggestions) },
    ];
    if let Some(empty) = all.iter().find(|kind| kind.paths.is_empty()) {
        bail!("{}: the database holds nothing to search for", empty.name);
    }
    Ok(all)
}

/// Returns searches of every kind by turns, for pages of ten.
pub fn mixed(kinds: &[Kind]) -> Vec<String> {
    let searches = kinds.iter().filter(|kind| !kind.is_new);
    let mut each: Vec<_> = searches.map(|kind| kind.paths.iter().cycle()).collect();
    let mut paths = Vec::new();
    for _ in 0..MIXED {
        paths.extend(
            each.iter_mut().filter_map(Iterator::next).map(|path| format!("{path}&size=10")),
        );
    }
    paths
}

/// Returns the path of a call with a text.
pub fn path(call: &str, name: &str, text: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    format!("/prompts/{call}?{}", query.append_pair(name, text).finish())
}

/// Returns titles of listed prompts, of the newest and the oldest one and of some between them. An index in
/// which all of them are found holds every prompt, in whatever order it was filled.
///
/// # Errors
/// When Postgres does not answer.
pub async fn titles(pool: &PgPool) -> anyhow::Result<Vec<String>> {
    let listed = "from prompts where visibility = 'PUBLIC' and status = 'PUBLISHED' and title ~ '^[A-Za-z ]+$'";
    let titles = format!(
        "(select title {listed} order by id limit 1)
         union (select title {listed} order by id desc limit 1)
         union (select title {listed} order by created_at desc limit 1)
         union (select title {listed} order by md5(id::text) limit 20)"
    );
    Ok(query_scalar(AssertSqlSafe(titles)).fetch_all(pool).await?)
}

/// Draws listed prompts from the whole table.
async fn sample(pool: &PgPool) -> anyhow::Result<Vec<Prompt>> {
    let about: f32 = query_scalar("select reltuples from pg_class where oid = 'prompts'::regclass")
        .fetch_one(pool)
        .await?;
    // Half as many more, since some are not listed.
    let percent = (150.0 * SAMPLE as f32 / about.max(1.0)).clamp(0.1, 100.0);
    let sample = format!(
        "select category, title, content
         from prompts tablesample system ({percent}) repeatable (1)
         where visibility = 'PUBLIC' and status = 'PUBLISHED' order by md5(id::text) limit {SAMPLE}"
    );
    Ok(query_as(AssertSqlSafe(sample)).fetch_all(pool).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_any_script_is_one_parameter() {
        assert_eq!(path("search", "keyword", "a&b 写"), "/prompts/search?keyword=a%26b+%E5%86%99");
    }
}
