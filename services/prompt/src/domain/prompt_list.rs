//! Lists of prompts: which prompts one holds, in which order, and the sort keys.

use ids::{PromptId, UserId};
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;

/// What a list of prompts can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SortBy {
    CreatedAt,
    UpdatedAt,
    ViewsCount,
    LikesCount,
    AverageRating,
    UsageCount,
    /// By code point; ASCII without case.
    Title,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOrder {
    By(SortBy),
    /// By recent views and likes.
    Trending,
    /// By mean rating, few votes counting less.
    TopRated,
}

/// The type of an order's sort key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    Time,
    Text,
    Count,
    Number,
}

impl ListOrder {
    pub fn key_type(self) -> KeyType {
        match self {
            Self::By(SortBy::CreatedAt | SortBy::UpdatedAt) => KeyType::Time,
            Self::By(SortBy::Title) => KeyType::Text,
            Self::By(SortBy::ViewsCount | SortBy::LikesCount | SortBy::UsageCount) => {
                KeyType::Count
            }
            Self::By(SortBy::AverageRating) | Self::Trending | Self::TopRated => KeyType::Number,
        }
    }

    /// Returns whether a key has the type of this order's sort key.
    pub fn accepts(self, key: &ListKey) -> bool {
        self.key_type() == key.key_type()
    }
}

/// A sort key and the id beside it, which place a prompt in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ListKey {
    Time(Timestamp, PromptId),
    Text(String, PromptId),
    Count(i64, PromptId),
    /// The bits of an `f64`, which would not come through JSON unchanged.
    Number(u64, PromptId),
}

impl ListKey {
    pub fn id(&self) -> PromptId {
        match self {
            Self::Time(_, id) | Self::Text(_, id) | Self::Count(_, id) | Self::Number(_, id) => *id,
        }
    }

    fn key_type(&self) -> KeyType {
        match self {
            Self::Time(..) => KeyType::Time,
            Self::Text(..) => KeyType::Text,
            Self::Count(..) => KeyType::Count,
            Self::Number(..) => KeyType::Number,
        }
    }
}

/// The prompts that a list holds.
#[derive(Clone, Debug)]
pub enum ListScope {
    /// All listed prompts.
    Public,
    /// The listed prompts of one author.
    Author(UserId),
    /// All prompts of one author.
    Own(UserId),
    /// The listed prompts of a category, whose name is compared without case.
    Category(String),
    /// The listed prompts with a tag, whose name is compared without case.
    Tag(String),
}
