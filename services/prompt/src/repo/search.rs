//! Full text search. What is searched, and how, is in the migration.

use ids::PromptId;
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, query, query_as, query_scalar};

use crate::domain::search::{Lexed, Query};

/// So many matches are ranked: of more, the best known prompts.
pub const CANDIDATES: i32 = 500;

/// How many words an unfinished one can stand for.
const COMPLETIONS: i64 = 20;

/// How many words are compared with one that may be misspelt.
const ALIKE: i64 = 40;

/// What narrows a search.
#[derive(Debug, Default)]
pub struct Filter {
    pub category: Option<String>,
    pub tag: Option<String>,
    pub min_rating: Option<f64>,
}

/// Where a hit stands, best first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Position {
    pub score: i64,
    pub id: PromptId,
}

/// What Postgres makes of words, and of phrases.
pub async fn lex(pool: &PgPool, pieces: &[String]) -> sqlx::Result<Vec<Lexed>> {
    query_as!(
        Lexed,
        // Not asked for the phrase where there is none: Postgres would log a notice.
        r#"select case when words = '' then '' else phraseto_tsquery('prompt_words', piece)::text end
                      as "phrase!",
                  tsvector_to_array(words) as "lexemes!",
                  tsvector_to_array(to_tsvector('prompt_words_as_written', piece)) as "written!"
           from unnest($1::text[]) with ordinality as p (piece, n)
           cross join lateral (select to_tsvector('prompt_words', piece) as words offset 0) w
           order by n"#,
        pieces,
    )
    .fetch_all(pool)
    .await
}

/// A word of the catalog.
#[derive(Debug)]
pub struct Word {
    pub written: String,
    pub lexeme: String,
}

/// The words used most that begin so. Looking them up here bounds what a few letters can match.
pub async fn completions(pool: &PgPool, beginning: &str) -> sqlx::Result<Vec<Word>> {
    query_as!(
        Word,
        r#"select key as written,
                  (tsvector_to_array(to_tsvector('prompt_words', key)))[1] as "lexeme!"
           from (select key from catalog
                 where kind = 'WORD' and uses > 0 and key > $1 and key < $1 || chr(1114111)
                 order by uses desc, key limit $2) words"#,
        beginning,
        COMPLETIONS,
    )
    .fetch_all(pool)
    .await
}

/// Words that look like this one, most alike first; this one too, if it is in use.
pub async fn alike(pool: &PgPool, word: &str) -> sqlx::Result<Vec<Word>> {
    query_as!(
        Word,
        r#"select key as written,
                  (tsvector_to_array(to_tsvector('prompt_words', key)))[1] as "lexeme!"
           from (select key from catalog
                 where kind = 'WORD' and uses > 0 order by key <-> $1 limit $2) words"#,
        word,
        ALIKE,
    )
    .fetch_all(pool)
    .await
}

/// Whether a listed prompt has what this `tsquery` looks for.
pub async fn is_used(pool: &PgPool, given: &str) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (select from prompt_search where words @@ $1::text::tsquery) as "used!""#,
        given,
    )
    .fetch_one(pool)
    .await
}

/// A stretch of the hits, best first, and how many there are.
///
/// Relevance is where and how often the words are there, those that were given counting twice; what
/// people think of a prompt at most doubles that, or halves it.
pub async fn hits(
    pool: &PgPool,
    wanted: &Query,
    filter: &Filter,
    after: Option<&Position>,
    offset: i64,
    limit: i64,
) -> sqlx::Result<(i64, Vec<Position>)> {
    let rows = query!(
        r#"with ranked as materialized (
               select s.prompt_id as id, round((
                   (ts_rank('{0.05, 0.2, 0.5, 1}', s.words, $2::text::tsquery)
                    + ts_rank('{0.05, 0.2, 0.5, 1}', s.words, $3::text::tsquery))
                   * (1 + (c.weighted_rating - 3) / 4 + least(ln(1 + c.likes_count) / 20, 0.5))
                   * 1000000)::numeric)::bigint as score
               from search_candidates($1::text::tsquery, $2::text::tsquery, $4, $5, $6, $7) s
               join prompt_counters c on c.prompt_id = s.prompt_id)
           select n.total as "total!", p.id as "id?: PromptId", p.score as "score?"
           from (select count(*) as total from ranked) n
           left join (
               select id, score from ranked
               where $8::bigint is null or (score, id) < ($8, $9)
               order by score desc, id desc limit $10 offset $11) p on true
           order by p.score desc, p.id desc"#,
        wanted.loose(),
        wanted.wide(),
        wanted.plain(),
        filter.category,
        filter.tag,
        filter.min_rating,
        CANDIDATES,
        after.map(|position| position.score),
        after.map(|position| position.id.0),
        limit,
        offset,
    )
    .fetch_all(pool)
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let hits = rows
        .into_iter()
        .filter_map(|row| Some(Position { score: row.score?, id: row.id? }))
        .collect();
    Ok((total, hits))
}

/// Those of these words that have one of these lexemes.
pub async fn with_lexemes(
    pool: &PgPool,
    words: &[String],
    lexemes: &[String],
) -> sqlx::Result<Vec<String>> {
    query_scalar!(
        r#"select word as "word!" from unnest($1::text[]) word
           where tsvector_to_array(to_tsvector('prompt_words', word)) && $2::text[]"#,
        words,
        lexemes,
    )
    .fetch_all(pool)
    .await
}
