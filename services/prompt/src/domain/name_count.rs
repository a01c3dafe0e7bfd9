use serde::{Deserialize, Serialize};

/// A kind of name whose uses are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "UPPERCASE")]
pub enum NameKind {
    /// All listed prompts, under the empty key.
    Listed,
    Category,
    Tag,
}

/// A name and the number of listed prompts that use it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct NameCount {
    pub key: String,
    pub name: String,
    pub uses: i64,
}

impl NameCount {
    pub fn sort_key(&self) -> NameKey {
        NameKey { uses: self.uses, key: self.key.clone() }
    }
}

/// The sort key of a name among those of its kind, most used first.
#[derive(Serialize, Deserialize)]
pub struct NameKey {
    pub uses: i64,
    pub key: String,
}
