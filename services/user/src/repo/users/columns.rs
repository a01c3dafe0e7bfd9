//! The columns that accounts and profiles are read from, each listed once.

/// Makes a query for accounts of the text before their columns, the text after them, and arguments.
/// `account_query!(columns)` is the columns alone.
macro_rules! account_query {
    (@with $columns:tt, columns) => { $columns };
    (@with $columns:tt, $before:tt, $after:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(crate::domain::Account, $before + $columns + $after $(, $argument)*)
    };
    ($($rest:tt)*) => {
        account_query!(
            @with
            "id, username, email, first_name, last_name, bio, avatar_url, roles, active,
             email_verified, created_at, last_login_at",
            $($rest)*
        )
    };
}
pub(super) use account_query;

/// Makes a query for profiles of the text after `select <columns>`, and arguments.
macro_rules! profile_query {
    ($after:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            crate::domain::Profile,
            "select id, username, first_name, last_name, bio, avatar_url, created_at " + $after
            $(, $argument)*
        )
    };
}
pub(super) use profile_query;

/// Makes a profile of a row that has more columns than it.
macro_rules! profile_of {
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
pub(in crate::repo) use profile_of;
