//! Search.

use std::collections::HashSet;

use auth::Identity;
use http_kit::{ApiResult, Page, PageQuery};
use sqlx::PgPool;

use super::lists;
use crate::{
    domain::{
        Prompt,
        highlight::{self, Marks, highlight},
        search::{Keyword, Part, Query, may_be_misspelt, may_mean},
    },
    repo::search::{self, Filter, Position},
    state::AppState,
};

/// With fewer hits than this, a word that nobody uses is taken to be misspelt.
const FEW: i64 = 5;

/// Words that a misspelt one may stand for.
const MEANINGS: usize = 5;

/// Words of one keyword that are corrected.
const MOST_CORRECTED: usize = 5;

/// Words that an unfinished one is completed from have this many letters of it at least.
const SHORTEST_BEGINNING: usize = 2;

/// A prompt that was found, and the passage it was found by, as HTML.
pub struct Hit {
    pub prompt: Prompt,
    pub highlight: String,
}

/// A page of the listed prompts that a keyword finds, best first.
pub async fn search(
    state: &AppState,
    caller: Option<&Identity>,
    keyword: &str,
    filter: &Filter,
    query: &PageQuery,
) -> ApiResult<Page<Hit>> {
    let after = query.cursor::<Position>()?;
    let keyword = Keyword::parse(keyword);
    let found = find(&state.pool, &keyword, filter, after, query).await.map_err(pg::api_error)?;
    let Some((lexemes, total, hits)) = found else {
        return Ok(Page::new(query, Vec::new(), Some(0), Position::clone).with_content(Vec::new()));
    };
    let page = Page::new(query, hits, Some(total), Position::clone);
    let ids: Vec<_> = page.content.iter().map(|hit| hit.id).collect();
    let prompts = lists::read(state, caller, &ids).await?;
    let hits =
        highlighted(&state.pool, prompts, &keyword.runs, &lexemes).await.map_err(pg::api_error)?;
    Ok(page.with_content(hits))
}

/// The lexemes looked for, how many hits there are, and a stretch of them; `None` when nothing is
/// looked for.
async fn find(
    pool: &PgPool,
    keyword: &Keyword,
    filter: &Filter,
    after: Option<Position>,
    page: &PageQuery,
) -> sqlx::Result<Option<(Vec<String>, i64, Vec<Position>)>> {
    let pieces = keyword.pieces();
    if pieces.is_empty() {
        return Ok(None);
    }
    let Some(mut wanted) = keyword.lexed(search::lex(pool, &pieces).await?) else {
        return Ok(None);
    };
    complete(pool, &mut wanted).await?;
    let (after, offset, limit) = (after.as_ref(), page.offset(), page.limit() + 1);
    let mut found = search::hits(pool, &wanted, filter, after, offset, limit).await?;
    if found.0 < FEW && correct(pool, &mut wanted).await? {
        found = search::hits(pool, &wanted, filter, after, offset, limit).await?;
    }
    Ok(Some((wanted.lexemes(), found.0, found.1)))
}

/// Lets the unfinished word stand for longer ones.
async fn complete(pool: &PgPool, wanted: &mut Query) -> sqlx::Result<()> {
    for part in wanted.words().filter(|part| part.unfinished) {
        let Some((beginning, _)) = part.word() else { continue };
        if beginning.chars().count() >= SHORTEST_BEGINNING {
            let longer = search::completions(pool, beginning).await?;
            part.add(longer.into_iter().map(|word| word.lexeme));
        }
    }
    Ok(())
}

/// Lets words that nobody uses stand for those that may have been meant. False if there are none.
async fn correct(pool: &PgPool, wanted: &mut Query) -> sqlx::Result<bool> {
    let mut any = false;
    let long_enough = |part: &&mut Part| part.word().is_some_and(|(word, _)| may_be_misspelt(word));
    for part in wanted.words().filter(long_enough).take(MOST_CORRECTED) {
        let Some((word, lexeme)) = part.word() else { continue };
        let alike = search::alike(pool, word).await?;
        // In use, if in another form.
        if alike.iter().any(|other| other.lexeme == lexeme) {
            continue;
        }
        let mut meant: Vec<(usize, String)> = alike
            .into_iter()
            .filter_map(|other| Some((may_mean(word, &other.written)?, other.lexeme)))
            .collect();
        meant.sort_by_key(|(slips, _)| *slips);
        any |= !meant.is_empty();
        part.add(meant.into_iter().take(MEANINGS).map(|(_, lexeme)| lexeme));
    }
    Ok(any)
}

async fn highlighted(
    pool: &PgPool,
    prompts: Vec<Prompt>,
    runs: &[String],
    lexemes: &[String],
) -> sqlx::Result<Vec<Hit>> {
    // A stem begins as its word does, but for accents: few words have to be asked about.
    let initials: HashSet<_> = lexemes.iter().filter_map(|lexeme| lexeme.chars().next()).collect();
    let mut words = HashSet::new();
    for text in prompts.iter().flat_map(texts) {
        words.extend(highlight::words(text).filter(|word| {
            word.chars().next().is_some_and(|c| !c.is_ascii() || initials.contains(&c))
        }));
    }
    let words: Vec<_> = words.into_iter().collect();
    let words = match words.is_empty() {
        true => HashSet::new(),
        false => search::with_lexemes(pool, &words, lexemes).await?.into_iter().collect(),
    };
    let marks = Marks { words, runs };
    Ok(prompts
        .into_iter()
        .map(|prompt| Hit { highlight: highlight(&texts(&prompt), &marks), prompt })
        .collect())
}

/// What a passage is taken from; of the content, what the caller may read.
fn texts(prompt: &Prompt) -> [&str; 3] {
    [
        prompt.description.as_deref().unwrap_or_default(),
        prompt.content.as_deref().unwrap_or(&prompt.content_preview),
        &prompt.title,
    ]
}
