//! Finding people by their names.

use serde::{Deserialize, Serialize};
use sqlx::{PgExecutor, query, query_scalar};

use super::{Slice, literal, lower, profile};
use crate::domain::Profile;

/// Shorter texts hold no trigram that an index could find in the midst of a word.
const TRIGRAM: usize = 3;

/// What is looked for, as patterns.
pub struct Sought {
    exact: String,
    prefix: String,
    anywhere: Vec<String>,
}

impl Sought {
    /// In names, anywhere; of one or two characters, where a word begins.
    pub fn new(text: &str) -> Self {
        let exact = lower(text);
        let literal = literal(&exact);
        let prefix = format!("{literal}%");
        let anywhere = if exact.chars().count() >= TRIGRAM {
            vec![format!("%{literal}%")]
        } else {
            vec![prefix.clone(), format!("%\n{prefix}"), format!("% {prefix}")]
        };
        Self { exact, prefix, anywhere }
    }
}

/// Where a hit stands: whose username it is, then whose username begins so, then the rest; in each,
/// by username.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Position(i32, String);

/// Someone found.
pub struct Hit {
    pub profile: Profile,
    pub position: Position,
}

/// Those of them that are not suspended, best first.
pub async fn people(
    executor: impl PgExecutor<'_>,
    sought: &Sought,
    slice: Slice<Position>,
) -> sqlx::Result<Vec<Hit>> {
    let (rank, name) = slice.after.map_or((-1, String::new()), |Position(rank, name)| (rank, name));
    query!(
        r#"select id, username, first_name, last_name, bio, avatar_url, created_at,
                  rank as "rank!", name as "name!"
           from users,
                lateral (select username_folded as name) n,
                lateral (select case when name = $1 then 0 when name like $2 then 1 else 2 end
                         as rank) r
           where active and search_text like any ($3) and (rank, name) > ($4, $5)
           order by rank, name limit $6 offset $7"#,
        sought.exact,
        sought.prefix,
        &sought.anywhere,
        rank,
        name,
        slice.limit,
        slice.offset,
    )
    .map(|row| Hit { position: Position(row.rank, row.name), profile: profile!(row) })
    .fetch_all(executor)
    .await
}

pub async fn count(executor: impl PgExecutor<'_>, sought: &Sought) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select count(*) as "count!" from users where active and search_text like any ($1)"#,
        &sought.anywhere,
    )
    .fetch_one(executor)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_themselves_and_short_texts_for_beginnings() {
        assert_eq!(Sought::new(r"A_b%\").anywhere, [r"%a\_b\%\\%"]);
        assert_eq!(Sought::new("Ab").anywhere, ["ab%", "%\nab%", "% ab%"]);
        assert_eq!(Sought::new("ΟΔΟΣ").exact, "οδοσ");
    }
}
