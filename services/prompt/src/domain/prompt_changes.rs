//! The changes of an update, and the people who may make them.

use super::{PromptText, Status, Visibility};

/// The people who may change a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Editors {
    Author,
    AuthorAndAdmins,
}

/// The changes of an update; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct PromptChanges {
    pub title: Option<String>,
    pub content: Option<String>,
    /// `Some(None)` clears it.
    pub description: Option<Option<String>>,
    pub category: Option<String>,
    pub tags: Option<Vec<String>>,
    /// `Some(None)` clears it.
    pub model: Option<Option<String>>,
    pub visibility: Option<Visibility>,
    /// `false` makes a public prompt private; an unlisted one stays unlisted.
    pub is_public: Option<bool>,
    pub status: Option<Status>,
    pub change_log: Option<String>,
}

impl PromptChanges {
    /// Returns the visibility after the change.
    pub fn visibility_after(&self, current: Visibility) -> Visibility {
        match (self.visibility, self.is_public, current) {
            (Some(visibility), _, _) => visibility,
            (None, Some(true), _) => Visibility::Public,
            (None, Some(false), Visibility::Public) => Visibility::Private,
            (None, _, current) => current,
        }
    }

    /// Returns the text after the change.
    pub fn apply_to(self, text: &PromptText) -> PromptText {
        PromptText {
            title: self.title.unwrap_or_else(|| text.title.clone()),
            content: self.content.unwrap_or_else(|| text.content.clone()),
            description: self.description.unwrap_or_else(|| text.description.clone()),
            category: self.category.unwrap_or_else(|| text.category.clone()),
            tags: self.tags.unwrap_or_else(|| text.tags.clone()),
            model: self.model.unwrap_or_else(|| text.model.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_public_leaves_an_unlisted_prompt_unlisted() {
        let hide = PromptChanges { is_public: Some(false), ..PromptChanges::default() };
        assert_eq!(hide.visibility_after(Visibility::Unlisted), Visibility::Unlisted);
        assert_eq!(hide.visibility_after(Visibility::Public), Visibility::Private);
    }
}
