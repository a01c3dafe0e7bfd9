//! SQL, and nothing else.

pub mod admins;
pub mod deletions;
pub mod follows;
pub mod names;
pub mod password_failures;
pub mod revocations;
pub mod search;
pub mod sessions;
pub mod users;

/// The public part of a row that has more to it.
macro_rules! profile {
    ($row:ident) => {
        crate::domain::Profile {
            id: $row.id,
            username: $row.username,
            first_name: $row.first_name,
            last_name: $row.last_name,
            bio: $row.bio,
            avatar_url: $row.avatar_url,
            created_at: $row.created_at,
        }
    };
}
use profile;

/// A stretch of a list: after a position, or past a number of rows.
pub struct Slice<K> {
    pub after: Option<K>,
    pub offset: i64,
    pub limit: i64,
}

/// Text as part of a `like` pattern, where it stands for itself.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '%' | '_') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// As Postgres lowers what is searched: each character by itself, without regard to its place.
fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}
