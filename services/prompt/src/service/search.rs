//! Search.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use auth::Identity;
use http_kit::{
    Page, PageQuery,
    page::{Include, Slice},
};
use ids::PromptId;
use sqlx::PgPool;

use super::prompt_lists;
use crate::{
    domain::{
        Prompt,
        highlight::{self, HighlightTerms, highlight},
        search::{
            Filter, Keyword, SearchKey, SearchQuery, WordMatch, is_long_enough_to_correct,
            typo_distance,
        },
    },
    error::ServiceError,
    repo::{prompts::Contents, search},
    state::AppState,
};

/// Hits below which a word that no prompt uses is corrected.
const ENOUGH_HITS: i64 = 5;

/// Corrections of a misspelt word, at most.
const MAX_CORRECTIONS: usize = 5;

/// Words of one keyword that are corrected, at most.
const MAX_CORRECTED_WORDS: usize = 5;

/// Letters that an unfinished word must have to be completed.
const MIN_COMPLETED_LETTERS: usize = 2;

/// Characters in which the passages of one page are searched for, divided among its contents. A page of
/// the usual size covers all that is indexed.
const HIGHLIGHTED_CHARS: usize = 400_000;

/// Different words of one page that are compared with the lexemes, at most; further words are not
/// highlighted.
const MAX_WORDS: usize = 5000;

/// A prompt that matches, and the passage that does, as HTML.
pub struct Hit {
    pub prompt: Prompt,
    pub highlight: String,
}

/// Lists the listed prompts that match a keyword, best first.
pub async fn search(
    state: &AppState,
    caller: Option<&Identity>,
    keyword: &str,
    filter: &Filter,
    query: PageQuery,
    include: Option<Include>,
) -> Result<Page<Hit>, ServiceError> {
    let query = &query.scoped(&(keyword, filter));
    let slice = query.slice::<SearchKey>()?;
    let keyword = Keyword::parse(keyword);
    let permit = prompt_lists::acquire_content_permit(state, include).await?;
    let found = find(&state.pool, &keyword, filter, slice).await?;
    let Some((lexemes, total, hits)) = found else {
        return Ok(Page::new(query, Vec::new(), Some(0), SearchKey::clone).with_content(Vec::new()));
    };
    let page = Page::new(query, hits, Some(total), SearchKey::clone);
    let ids: Vec<_> = page.content.iter().map(|hit| hit.id).collect();
    let share = (HIGHLIGHTED_CHARS / ids.len().max(1)).min(highlight::INDEXED_CHARS);
    let beginnings = Contents::Beginnings(share as i32);
    let mut prompts = {
        let _permit = match permit {
            Some(_) => None,
            None => Some(state.content_limit.acquire().await?),
        };
        prompt_lists::find_in_order(&state.pool, caller, &ids, beginnings).await?
    };
    let texts: Vec<_> = prompts.iter_mut().map(texts).collect();
    let mut highlights = find_passages(state, texts, keyword.unspaced_runs, lexemes).await?;
    if include.is_some() {
        prompts = prompt_lists::find_in_order(
            &state.pool,
            caller,
            &ids,
            prompt_lists::contents_for(include),
        )
        .await?;
    }
    let page = prompt_lists::page_of_prompts(page, prompts, include);
    Ok(page
        .map(|prompt| Hit { highlight: highlights.remove(&prompt.id).unwrap_or_default(), prompt }))
}

/// Returns the lexemes of the search, the number of hits, and the keys of a page of them; `None` when the
/// search has no words.
async fn find(
    pool: &PgPool,
    keyword: &Keyword,
    filter: &Filter,
    slice: Slice<SearchKey>,
) -> sqlx::Result<Option<(Vec<String>, i64, Vec<SearchKey>)>> {
    let pieces = keyword.pieces();
    if pieces.is_empty() {
        return Ok(None);
    }
    let Some(mut search_query) = keyword.to_query(search::lex(pool, &pieces).await?) else {
        return Ok(None);
    };
    complete(pool, &mut search_query).await?;
    let mut found = search::hits(pool, &search_query, filter, &slice).await?;
    if found.0 < ENOUGH_HITS && correct(pool, &mut search_query).await? {
        found = search::hits(pool, &search_query, filter, &slice).await?;
    }
    Ok(Some((search_query.lexemes(), found.0, found.1)))
}

/// Lets longer words match the unfinished one.
async fn complete(pool: &PgPool, search_query: &mut SearchQuery) -> sqlx::Result<()> {
    for part in search_query.words().filter(|part| part.unfinished) {
        let Some((beginning, _)) = part.word() else { continue };
        if beginning.chars().count() >= MIN_COMPLETED_LETTERS {
            let longer = search::completions(pool, beginning).await?;
            part.expand(longer.into_iter().map(|word| word.lexeme));
        }
    }
    Ok(())
}

/// Lets corrections match words that no prompt uses. Returns false if there are none.
async fn correct(pool: &PgPool, search_query: &mut SearchQuery) -> sqlx::Result<bool> {
    let mut any = false;
    let long_enough = |part: &&mut WordMatch| {
        part.word().is_some_and(|(word, _)| is_long_enough_to_correct(word))
    };
    for part in search_query.words().filter(long_enough).take(MAX_CORRECTED_WORDS) {
        let Some((word, lexeme)) = part.word() else { continue };
        let similar = search::similar_words(pool, word).await?;
        // The word is in use, perhaps in another form.
        if similar.iter().any(|other| other.lexeme == lexeme) {
            continue;
        }
        let mut corrections: Vec<(usize, String)> = similar
            .into_iter()
            .filter_map(|other| Some((typo_distance(word, &other.written)?, other.lexeme)))
            .collect();
        // The table of words has those of titles and tags; this word may occur in a content.
        if corrections.is_empty() || search::is_used(pool, part.phrase()).await? {
            continue;
        }
        any = true;
        corrections.sort_by_key(|(typos, _)| *typos);
        part.expand(corrections.into_iter().take(MAX_CORRECTIONS).map(|(_, lexeme)| lexeme));
    }
    Ok(any)
}

/// The texts of a prompt in which its passage is searched for.
struct Texts {
    of: PromptId,
    texts: [String; 3],
}

/// Takes out the beginnings of the texts that the caller may read.
fn texts(prompt: &mut Prompt) -> Texts {
    let content = prompt.content.take();
    let texts = [
        prompt.description.clone().unwrap_or_default(),
        content.unwrap_or_else(|| prompt.content_preview.clone()),
        prompt.title.clone(),
    ];
    Texts { of: prompt.id, texts }
}

/// Returns a passage of each prompt.
async fn find_passages(
    state: &AppState,
    texts: Vec<Texts>,
    runs: Vec<String>,
    lexemes: Vec<String>,
) -> Result<HashMap<PromptId, String>, ServiceError> {
    let texts = Arc::new(texts);
    let read = texts.clone();
    let initials: HashSet<_> = lexemes.iter().filter_map(|lexeme| lexeme.chars().next()).collect();
    let words = state.text_limit.run(move || words(&read, &initials)).await?;
    let words = match words.is_empty() {
        true => Vec::new(),
        false => search::with_lexemes(&state.pool, &words, &lexemes).await?,
    };
    let highlight_all = move || {
        let terms = HighlightTerms::new(words, runs);
        let passage = |Texts { of, texts }: &Texts| (*of, highlight(texts, &terms));
        texts.iter().map(passage).collect()
    };
    Ok(state.text_limit.run(highlight_all).await?)
}

/// Returns the words of these texts that may be forms of lexemes with these initials.
fn words(texts: &[Texts], initials: &HashSet<char>) -> Vec<String> {
    // A stem begins as its word does, except for accents.
    let may_be =
        |word: &String| word.chars().next().is_some_and(|c| !c.is_ascii() || initials.contains(&c));
    let mut seen = HashSet::new();
    let all = texts.iter().flat_map(|texts| &texts.texts).flat_map(|text| highlight::words(text));
    all.filter(may_be).filter(|word| seen.insert(word.clone())).take(MAX_WORDS).collect()
}
