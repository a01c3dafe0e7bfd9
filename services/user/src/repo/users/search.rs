//! Finding users by their names.

use http_kit::page::Slice;
use serde::{Deserialize, Serialize};
use sqlx::{PgExecutor, query, query_scalar};

use super::{
    columns::profile_of,
    like::{escape_like, to_lowercase},
};
use crate::domain::Profile;

/// The least number of characters that an index can find in the midst of a word.
const TRIGRAM: usize = 3;

/// The patterns that a search text becomes.
pub struct SearchPatterns {
    exact: String,
    prefix: String,
    anywhere: Vec<String>,
}

impl SearchPatterns {
    /// Makes patterns that find a text anywhere in names; a text of one or two characters, only where
    /// a word begins.
    pub fn new(text: &str) -> Self {
        let exact = to_lowercase(text);
        let literal = escape_like(&exact);
        let prefix = format!("{literal}%");
        let anywhere = if exact.chars().count() >= TRIGRAM {
            vec![format!("%{literal}%")]
        } else {
            vec![prefix.clone(), format!("%\n{prefix}"), format!("% {prefix}")]
        };
        Self { exact, prefix, anywhere }
    }
}

/// The position of a hit: first the username that is the text, then usernames that begin with it,
/// then the rest; in each, by username.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SearchPosition(i32, String);

/// A profile that was found.
pub struct SearchHit {
    pub profile: Profile,
    pub position: SearchPosition,
}

/// Finds users who are not suspended, the best hits first.
pub async fn search(
    executor: impl PgExecutor<'_>,
    patterns: &SearchPatterns,
    slice: Slice<SearchPosition>,
) -> sqlx::Result<Vec<SearchHit>> {
    let (rank, name) =
        slice.after.map_or((-1, String::new()), |SearchPosition(rank, name)| (rank, name));
    query!(
        r#"select id, username, first_name, last_name, bio, avatar_url, created_at,
                  rank as "rank!", name as "name!"
           from users,
                lateral (select username_folded as name) n,
                lateral (select case when name = $1 then 0 when name like $2 then 1 else 2 end
                         as rank) r
           where active and search_text like any ($3) and (rank, name) > ($4, $5)
           order by rank, name limit $6 offset $7"#,
        patterns.exact,
        patterns.prefix,
        &patterns.anywhere,
        rank,
        name,
        slice.limit,
        slice.offset,
    )
    .map(|row| SearchHit {
        position: SearchPosition(row.rank, row.name),
        profile: profile_of!(row),
    })
    .fetch_all(executor)
    .await
}

pub async fn count(executor: impl PgExecutor<'_>, patterns: &SearchPatterns) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select count(*) as "count!" from users where active and search_text like any ($1)"#,
        &patterns.anywhere,
    )
    .fetch_one(executor)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_themselves_and_short_texts_for_beginnings() {
        assert_eq!(SearchPatterns::new(r"A_b%\").anywhere, [r"%a\_b\%\\%"]);
        assert_eq!(SearchPatterns::new("Ab").anywhere, ["ab%", "%\nab%", "% ab%"]);
        assert_eq!(SearchPatterns::new("ΟΔΟΣ").exact, "οδοσ");
    }
}
