//! Full text search. The migration has the indexed texts and the text search configuration.

use http_kit::page::Slice;
use ids::PromptId;
use sqlx::{PgPool, query, query_as, query_scalar};

use crate::domain::search::{Filter, LexedPhrase, SearchKey, SearchQuery, Word};

/// Matches that are ranked; of more, the best known prompts.
pub const CANDIDATES: i32 = 500;

/// Words that complete an unfinished one, at most.
const COMPLETIONS: i64 = 20;

/// Words that are compared with one that may be misspelt, at most.
const SIMILAR: i64 = 40;

/// Turns words and phrases into lexemes.
pub async fn lex(pool: &PgPool, pieces: &[String]) -> sqlx::Result<Vec<LexedPhrase>> {
    query_as!(
        LexedPhrase,
        // Without `phraseto_tsquery` where there are no words: Postgres would log a notice.
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

/// Returns the most used words that begin with `beginning`. This bounds what a few letters can match.
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

/// Returns the words in use that are spelled like `word`, most similar first, with `word` itself if it
/// is in use.
pub async fn similar_words(pool: &PgPool, word: &str) -> sqlx::Result<Vec<Word>> {
    query_as!(
        Word,
        r#"select key as written,
                  (tsvector_to_array(to_tsvector('prompt_words', key)))[1] as "lexeme!"
           from (select key from catalog
                 where kind = 'WORD' and uses > 0 order by key <-> $1 limit $2) words"#,
        word,
        SIMILAR,
    )
    .fetch_all(pool)
    .await
}

/// Returns whether a listed prompt matches a `tsquery`.
pub async fn is_used(pool: &PgPool, phrase: &str) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (select from prompt_search where words @@ $1::text::tsquery) as "used!""#,
        phrase,
    )
    .fetch_one(pool)
    .await
}

/// Returns the number of hits, and the keys of those on a page, best first.
///
/// Relevance is where and how often the words occur, and the words as given count twice; ratings and
/// likes at most double or halve it.
pub async fn hits(
    pool: &PgPool,
    query: &SearchQuery,
    filter: &Filter,
    slice: &Slice<SearchKey>,
) -> sqlx::Result<(i64, Vec<SearchKey>)> {
    let after = slice.after.as_ref();
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
        query.index_tsquery(),
        query.expanded_tsquery(),
        query.exact_tsquery(),
        filter.category,
        filter.tag,
        filter.min_rating,
        CANDIDATES,
        after.map(|key| key.score),
        after.map(|key| key.id.0),
        slice.limit,
        slice.offset,
    )
    .fetch_all(pool)
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let hits = rows
        .into_iter()
        .filter_map(|row| Some(SearchKey { score: row.score?, id: row.id? }))
        .collect();
    Ok((total, hits))
}

/// Returns those of the words that have one of the lexemes.
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
