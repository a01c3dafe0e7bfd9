//! The models that are known by name, and what they cost: data, in `models.json`.
//!
//! Prices are US dollars per million tokens. A model without both prices, or not listed at all, has
//! no cost (null), never a cost of 0.

use anyhow::{Context, ensure};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::{domain::ModelProvider, providers::Usage};

const MODELS: &str = include_str!("../models.json");
const TOKENS_PER_PRICE: i64 = 1_000_000;

/// All providers of the contract, in its order.
#[derive(Deserialize)]
pub struct Catalogue {
    pub providers: Vec<ProviderEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderEntry {
    pub provider: ModelProvider,
    /// Names the state of the prices; recorded with each cost.
    price_version: Option<String>,
    pub models: Vec<ModelEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelEntry {
    pub name: String,
    /// Tokens.
    pub context_window: u32,
    #[serde(with = "http_kit::decimal::option", default)]
    pub input_cost_per_million: Option<Decimal>,
    #[serde(with = "http_kit::decimal::option", default)]
    pub output_cost_per_million: Option<Decimal>,
}

/// What a completion cost, and by which prices.
#[derive(Debug, PartialEq, Eq)]
pub struct Cost {
    pub amount: Decimal,
    pub price_version: String,
}

impl Catalogue {
    /// # Errors
    /// When the data does not hold together.
    pub fn load() -> anyhow::Result<Self> {
        let catalogue: Self = serde_json::from_str(MODELS).context("models.json")?;
        for entry in &catalogue.providers {
            let priced = entry.models.iter().any(|model| model.input_cost_per_million.is_some());
            ensure!(
                !priced || entry.price_version.is_some(),
                "models.json: {} has prices without a priceVersion",
                entry.provider,
            );
        }
        Ok(catalogue)
    }

    /// `None` when the model has no known price.
    pub fn cost(&self, provider: ModelProvider, model: &str, usage: Usage) -> Option<Cost> {
        let entry = self.providers.iter().find(|entry| entry.provider == provider)?;
        let model = entry.models.iter().find(|entry| entry.name == model)?;
        let input = model.input_cost_per_million?.checked_mul(usage.input_tokens.into())?;
        let output = model.output_cost_per_million?.checked_mul(usage.output_tokens.into())?;
        Some(Cost {
            amount: input.checked_add(output)?.checked_div(TOKENS_PER_PRICE.into())?.normalize(),
            price_version: entry.price_version.clone()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::UsageSource;

    const USAGE: Usage = Usage {
        input_tokens: 1_000,
        cached_input_tokens: 0,
        output_tokens: 3,
        reasoning_tokens: 0,
        source: UsageSource::Provider,
    };

    #[test]
    fn every_provider_is_listed_once() {
        use ModelProvider::{Anthropic, Gemini, Mock, Openai, OpenaiCompatible};
        let catalogue = Catalogue::load().unwrap();
        let names: Vec<_> = catalogue.providers.iter().map(|entry| entry.provider).collect();
        assert_eq!(names, [Mock, Openai, OpenaiCompatible, Anthropic, Gemini]);
    }

    #[test]
    fn a_free_model_costs_zero_and_an_unpriced_or_unknown_one_has_no_cost() {
        let catalogue = Catalogue::load().unwrap();
        let free = catalogue.cost(ModelProvider::Mock, "mock", USAGE).unwrap();
        assert_eq!((free.amount, free.price_version.as_str()), (Decimal::ZERO, "mock-1"));
        assert_eq!(catalogue.cost(ModelProvider::Openai, "gpt-4o", USAGE), None);
        assert_eq!(catalogue.cost(ModelProvider::Mock, "mock-unheard-of", USAGE), None);
    }

    #[test]
    fn the_cost_is_exact() {
        let catalogue: Catalogue = serde_json::from_str(
            r#"{"providers":[{"provider":"OPENAI","priceVersion":"v","models":[
                {"name":"m","contextWindow":1,"inputCostPerMillion":0.15,"outputCostPerMillion":0.60}
            ]}]}"#,
        )
        .unwrap();
        let cost = catalogue.cost(ModelProvider::Openai, "m", USAGE).unwrap();
        assert_eq!(cost.amount.to_string(), "0.0001518");
    }
}
