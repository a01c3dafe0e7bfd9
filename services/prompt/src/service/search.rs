//! Search.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use auth::Identity;
use http_kit::{ApiResult, Page, PageQuery, page::Include};
use ids::PromptId;
use sqlx::PgPool;

use super::lists;
use crate::{
    domain::{
        Prompt,
        highlight::{self, Marks, highlight},
        search::{Keyword, Part, Query, may_be_misspelt, may_mean},
    },
    error::ServiceError,
    repo::{
        prompts::Contents,
        search::{self, Filter, Position},
    },
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

/// Characters that the passages of one page are looked for in: of each content, its share. A page of
/// the usual size has all that is indexed.
const HIGHLIGHTED_CHARS: usize = 400_000;

/// Different words of one page that Postgres is asked about. Who writes more into what is found has
/// fewer of them marked.
const MOST_WORDS: usize = 5000;

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
    query: PageQuery,
    include: Option<Include>,
) -> ApiResult<Page<Hit>> {
    let query = &query.scoped(&(keyword, filter));
    let after = query.cursor::<Position>()?;
    let keyword = Keyword::parse(keyword);
    let place = lists::place_for_contents(state, include).await?;
    let found = find(&state.pool, &keyword, filter, after, query).await.map_err(pg::api_error)?;
    let Some((lexemes, total, hits)) = found else {
        return Ok(Page::new(query, Vec::new(), Some(0), Position::clone).with_content(Vec::new()));
    };
    let page = Page::new(query, hits, Some(total), Position::clone);
    let ids: Vec<_> = page.content.iter().map(|hit| hit.id).collect();
    let share = (HIGHLIGHTED_CHARS / ids.len().max(1)).min(highlight::LOOKED_AT);
    let beginnings = Contents::Beginnings(share as i32);
    let mut prompts = {
        let _place = match place {
            Some(_) => None,
            None => Some(state.contents.place().await?),
        };
        lists::read(state, caller, &ids, beginnings).await?
    };
    let texts: Vec<_> = prompts.iter_mut().map(texts).collect();
    let mut highlights = highlighted(state, texts, keyword.runs, lexemes).await?;
    if include.is_some() {
        prompts = lists::read(state, caller, &ids, lists::contents(include)).await?;
    }
    let page = lists::with_prompts(page, prompts, include);
    Ok(page
        .map(|prompt| Hit { highlight: highlights.remove(&prompt.id).unwrap_or_default(), prompt }))
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
        // The catalog knows the words of titles and tags; this one may stand in a content.
        if meant.is_empty() || search::is_used(pool, part.given()).await? {
            continue;
        }
        any = true;
        meant.sort_by_key(|(slips, _)| *slips);
        part.add(meant.into_iter().take(MEANINGS).map(|(_, lexeme)| lexeme));
    }
    Ok(any)
}

/// What a passage of a prompt is taken from.
struct Texts {
    of: PromptId,
    texts: [String; 3],
}

/// The beginnings of what the caller may read of a prompt; its content is taken out.
fn texts(prompt: &mut Prompt) -> Texts {
    let content = prompt.content.take();
    let texts = [
        prompt.description.clone().unwrap_or_default(),
        content.unwrap_or_else(|| prompt.content_preview.clone()),
        prompt.title.clone(),
    ];
    Texts { of: prompt.id, texts }
}

/// A passage of each.
async fn highlighted(
    state: &AppState,
    texts: Vec<Texts>,
    runs: Vec<String>,
    lexemes: Vec<String>,
) -> Result<HashMap<PromptId, String>, ServiceError> {
    let texts = Arc::new(texts);
    let read = texts.clone();
    let initials: HashSet<_> = lexemes.iter().filter_map(|lexeme| lexeme.chars().next()).collect();
    let words = state.texts.run(move || words(&read, &initials)).await?;
    let words = match words.is_empty() {
        true => Vec::new(),
        false => search::with_lexemes(&state.pool, &words, &lexemes).await?,
    };
    let mark = move || {
        let marks = Marks::new(words, runs);
        let passage = |Texts { of, texts }: &Texts| (*of, highlight(texts, &marks));
        texts.iter().map(passage).collect()
    };
    Ok(state.texts.run(mark).await?)
}

/// The words of these texts that may be forms of what has these initials.
fn words(texts: &[Texts], initials: &HashSet<char>) -> Vec<String> {
    // A stem begins as its word does, but for accents.
    let may_be =
        |word: &String| word.chars().next().is_some_and(|c| !c.is_ascii() || initials.contains(&c));
    let mut seen = HashSet::new();
    let all = texts.iter().flat_map(|texts| &texts.texts).flat_map(|text| highlight::words(text));
    all.filter(may_be).filter(|word| seen.insert(word.clone())).take(MOST_WORDS).collect()
}
