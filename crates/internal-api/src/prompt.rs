//! What the prompt service answers to other services.

mod entitlements;
mod prompts;
mod users;

pub use entitlements::{
    EntitlementResponse, GrantEntitlement, GrantEntitlementRequest, PremiumResponse,
    RevokeEntitlement, SetPremium, SetPremiumRequest, UnknownPrompt,
};
pub use prompts::{
    GetPrompt, GetPromptQuery, GetPromptRefusal, ListRatings, ListRatingsQuery, ListSummaries,
    ListSummariesRequest, ListSummariesResponse, MAX_RATINGS, MAX_SUMMARIES, PromptResponse,
    RatingResponse, Status, SummaryResponse, Visibility,
};
pub use users::{AuthorStatsResponse, ForgetUser, GetAuthorStats};
