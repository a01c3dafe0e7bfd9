use auth::Role;

/// A filter of the list of accounts; `None` filters nothing.
#[derive(Debug, Default)]
pub struct UserFilter {
    pub role: Option<Role>,
    pub active: Option<bool>,
    /// A part of a name or of an email address.
    pub text: Option<String>,
}
