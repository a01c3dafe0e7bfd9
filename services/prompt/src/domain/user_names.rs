//! The names of users.

/// The username shown for a deleted user. The statements and indexes in Postgres have the same text.
pub const DELETED_USERNAME: &str = "deleted-user";

/// The first and last name of a user.
#[derive(Clone, Debug, Default)]
pub struct UserNames {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}

impl UserNames {
    /// Returns first and last name, as far as there are any.
    pub fn full_name(&self) -> Option<String> {
        let parts: Vec<&str> =
            [&self.first_name, &self.last_name].into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}
