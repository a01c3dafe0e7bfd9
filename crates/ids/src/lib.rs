//! Newtype identifiers, one per kind of thing, so that a prompt's id can never be passed in
//! place of a user's id.
//!
//! Every id is a UUIDv7 (RFC 9562): the time prefix keeps index inserts local. Any UUID is accepted
//! when parsing; only version 7 is ever made here.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[sqlx(transparent)]
        #[schema(value_type = Uuid)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Makes a new id, with the current time in its first 48 bits.
            #[expect(clippy::new_without_default, reason = "a default id would be a surprise")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
    )+};
}

ids! {
    /// A registered person.
    UserId,
    /// One refresh-token family: a login and every token rotated from it. The `sid` claim.
    SessionId,
    /// A prompt.
    PromptId,
    /// A comment on a prompt.
    CommentId,
    /// One run of a prompt against a model.
    TestId,
    /// One question put to several models, side by side.
    ComparisonId,
    /// Rows of variables that prompts are run over.
    DatasetId,
    /// One prompt run over a data set.
    RunId,
    /// A prompt offered for sale.
    ListingId,
    /// One purchase, from intent to refund.
    TransactionId,
    /// The right that a completed purchase gives.
    LicenseId,
    /// One event on a Kafka topic; what makes applying it twice harmless.
    EventId,
    /// A message that a consumer had to set aside.
    DeadLetterId,
}
