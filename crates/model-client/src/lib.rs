//! Calls model providers, all behind one trait, and knows what their models cost.
//!
//! - `provider`: the trait; `providers`: one file for each; `registry`: those that are set up.
//! - `client`: one call over HTTP with its deadlines and retries, the same for all of them; `stream`
//!   reads the answer as it arrives. What differs between providers is a `dialect`.
//! - `price_table`: models and their prices, from `models.json`.

mod api_key;
mod attempt;
mod client;
mod completion;
mod dialect;
mod price_table;
mod provider;
mod providers;
mod refusal;
mod registry;
#[cfg(test)]
mod replay;
mod retry;
mod settings;
mod stream;
mod tokenizer;

pub use completion::{Completion, CompletionRequest, Usage, UsageSource};
pub use price_table::{Cost, ModelEntry, PriceTable, ProviderEntry};
pub use provider::{ModelProvider, OnChunk, Provider, ProviderError};
pub use registry::{NamedEndpoint, ProviderRegistry};
pub use retry::delay_after_interruption;
pub use settings::ProviderSettings;
pub use tokenizer::estimate;
