//! The models that are known by name, and their prices: data, in `models.json`.
//!
//! Prices are US dollars per million tokens. A model whose price is not known, or that is not listed
//! at all, has no cost (null), never a cost of 0.

use anyhow::{Context, ensure};
use chrono::{NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::{completion::Usage, provider::ModelProvider};

const MODELS: &str = include_str!("../models.json");
const TOKENS_PER_PRICE: i64 = 1_000_000;

/// The models and prices of all providers, in the order of the contract.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceTable {
    /// The day on which the prices were read.
    pub as_of: NaiveDate,
    pub providers: Vec<ProviderEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderEntry {
    pub provider: ModelProvider,
    /// The version of the prices; recorded with each cost.
    price_version: Option<String>,
    /// The listed model that stands for all others of this provider, where one does.
    others_as: Option<String>,
    pub models: Vec<ModelEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelEntry {
    pub name: String,
    /// Other names of the very same model, at the same price.
    #[serde(default)]
    aliases: Vec<String>,
    /// The most tokens of a question and its answer.
    pub context_window: u32,
    /// The most tokens of an answer, if that is known.
    pub max_output: Option<u32>,
    #[serde(flatten)]
    prices: Prices,
    /// The prices of a long prompt and its answer, all tokens of both included.
    above: Option<LongPromptPrices>,
    /// The last day of these prices, when they are known to change.
    valid_until: Option<NaiveDate>,
    /// The page that the prices come from.
    source: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LongPromptPrices {
    /// The tokens of the longest prompt with the usual prices.
    input_tokens: u32,
    #[serde(flatten)]
    prices: Prices,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Prices {
    #[serde(with = "price", default)]
    input_cost_per_million: Option<Decimal>,
    /// The price of tokens from the provider's cache.
    #[serde(with = "price", default)]
    cached_input_cost_per_million: Option<Decimal>,
    /// The price of tokens written to its cache.
    #[serde(with = "price", default)]
    cache_write_cost_per_million: Option<Decimal>,
    #[serde(with = "price", default)]
    output_cost_per_million: Option<Decimal>,
}

/// The cost of a completion in US dollars, and the version of the prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    pub amount: Decimal,
    pub price_version: String,
}

impl PriceTable {
    /// Reads the table.
    ///
    /// # Errors
    /// When a price has no version or no source.
    pub fn load() -> anyhow::Result<Self> {
        let table: Self = serde_json::from_str(MODELS).context("models.json")?;
        for entry in &table.providers {
            for model in &entry.models {
                let priced = model.prices.input_cost_per_million.is_some();
                ensure!(
                    !priced || entry.price_version.is_some(),
                    "models.json: {} has prices without a priceVersion",
                    entry.provider,
                );
                ensure!(
                    !priced || model.source.is_some() || entry.provider == ModelProvider::Mock,
                    "models.json: the price of {} has no source",
                    model.name,
                );
            }
        }
        Ok(table)
    }

    /// Returns the cost of an answer; `None` when the model has no known price today.
    pub fn cost(&self, provider: ModelProvider, model: &str, usage: Usage) -> Option<Cost> {
        self.cost_on(Utc::now().date_naive(), provider, model, usage)
    }

    /// Returns the longest answer that the model gives, in tokens, if that is known.
    pub fn max_output(&self, provider: ModelProvider, model: &str) -> Option<u32> {
        self.find(provider, model)?.1.max_output
    }

    fn cost_on(
        &self,
        day: NaiveDate,
        provider: ModelProvider,
        model: &str,
        usage: Usage,
    ) -> Option<Cost> {
        let (entry, model) = self.find(provider, model)?;
        if model.valid_until.is_some_and(|last| day > last) {
            return None;
        }
        let above = model.above.as_ref().filter(|above| usage.input_tokens > above.input_tokens);
        let prices = above.map_or(model.prices, |above| above.prices);
        let (read, written) = (usage.cached_input_tokens, usage.cache_write_tokens);
        let fresh = usage.input_tokens.checked_sub(read)?.checked_sub(written)?;
        let mut sum = Decimal::ZERO;
        for (tokens, price) in [
            (fresh, prices.input_cost_per_million),
            (read, prices.cached_input_cost_per_million),
            (written, prices.cache_write_cost_per_million),
            // The tokens that were spent on thinking are among these.
            (usage.output_tokens, prices.output_cost_per_million),
        ] {
            // A price that is not needed need not be known.
            if tokens > 0 {
                sum = sum.checked_add(price?.checked_mul(tokens.into())?)?;
            }
        }
        // Of a model without prices nothing is known, even when no tokens were used.
        prices.input_cost_per_million.and(prices.output_cost_per_million)?;
        Some(Cost {
            amount: sum.checked_div(TOKENS_PER_PRICE.into())?.normalize(),
            price_version: entry.price_version.clone()?,
        })
    }

    fn find(&self, provider: ModelProvider, model: &str) -> Option<(&ProviderEntry, &ModelEntry)> {
        let entry = self.providers.iter().find(|entry| entry.provider == provider)?;
        let named = |name: &str| {
            let mut models = entry.models.iter();
            models.find(|it| it.name == name || it.aliases.iter().any(|alias| alias == name))
        };
        let found = named(model).or_else(|| named(entry.others_as.as_deref()?))?;
        Some((entry, found))
    }
}

impl ModelEntry {
    /// Returns the price of the input for prompts of usual length, if it is known today.
    pub fn input_cost_per_million(&self) -> Option<Decimal> {
        self.prices.input_cost_per_million.filter(|_| self.is_priced_today())
    }

    /// Returns the price of the output for prompts of usual length, if it is known today.
    pub fn output_cost_per_million(&self) -> Option<Decimal> {
        self.prices.output_cost_per_million.filter(|_| self.is_priced_today())
    }

    fn is_priced_today(&self) -> bool {
        self.valid_until.is_none_or(|last| Utc::now().date_naive() <= last)
    }
}

/// Reads a price exactly. `http_kit::decimal` reads the text of the number itself, which is not to be
/// had within a flattened struct.
mod price {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, de};
    use serde_json::Number;

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Decimal>, D::Error> {
        let number = Option::<Number>::deserialize(deserializer)?;
        // The shortest text that stands for the number: the one in the file.
        let price = number.map(|number| number.to_string().parse::<Decimal>());
        price.transpose().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
