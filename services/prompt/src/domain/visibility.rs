//! The visibility of a prompt.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who may read a prompt, and whether it is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    /// Everyone; listed.
    Public,
    /// Its author.
    Private,
    /// Everyone who has its address; not listed.
    Unlisted,
}

impl Visibility {
    /// Combines `visibility` and the older `isPublic`; `None` when they contradict.
    pub fn combine(visibility: Option<Self>, is_public: Option<bool>) -> Option<Option<Self>> {
        match (visibility, is_public) {
            (Some(visibility), Some(public)) if (visibility == Self::Public) != public => None,
            (Some(visibility), _) => Some(Some(visibility)),
            (None, Some(true)) => Some(Some(Self::Public)),
            (None, Some(false)) => Some(Some(Self::Private)),
            (None, None) => Some(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visibility_and_is_public_must_agree() {
        use Visibility::{Private, Public, Unlisted};
        assert_eq!(Visibility::combine(None, None), Some(None));
        assert_eq!(Visibility::combine(None, Some(false)), Some(Some(Private)));
        assert_eq!(Visibility::combine(Some(Unlisted), Some(false)), Some(Some(Unlisted)));
        assert_eq!(Visibility::combine(Some(Public), Some(false)), None);
        assert_eq!(Visibility::combine(Some(Private), Some(true)), None);
    }
}
