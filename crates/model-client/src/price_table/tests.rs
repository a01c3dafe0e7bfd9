//! Tests of the table and of costs.

use super::*;
use crate::completion::UsageSource;

fn usage(input: u32, output: u32) -> Usage {
    Usage {
        input_tokens: input,
        cached_input_tokens: 0,
        cache_write_tokens: 0,
        output_tokens: output,
        reasoning_tokens: 0,
        source: UsageSource::Provider,
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// One model of OPENAI with these prices.
fn table(prices: &str) -> PriceTable {
    let json = format!(
        r#"{{"asOf":"2026-01-01","providers":[{{"provider":"OPENAI","priceVersion":"v","models":[
            {{"name":"m","aliases":["m-1"],"contextWindow":1,{prices}}}]}}]}}"#
    );
    serde_json::from_str(&json).unwrap()
}

fn cost(prices: &str, usage: Usage) -> Option<String> {
    let table = table(prices);
    let cost = table.cost(ModelProvider::Openai, "m", usage)?;
    Some(cost.amount.to_string())
}

#[test]
fn every_provider_is_listed_once_and_every_model_too() {
    use ModelProvider::{Anthropic, Gemini, Mock, Openai, OpenaiCompatible};
    let table = PriceTable::load().unwrap();
    let names: Vec<_> = table.providers.iter().map(|entry| entry.provider).collect();
    assert_eq!(names, [Mock, Openai, OpenaiCompatible, Anthropic, Gemini]);
    for entry in &table.providers {
        let mut names: Vec<_> =
            entry.models.iter().flat_map(|m| m.aliases.iter().chain([&m.name])).collect();
        let listed = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), listed, "{}", entry.provider);
    }
}

#[test]
fn every_listed_model_has_all_prices_that_it_may_need() {
    let table = PriceTable::load().unwrap();
    for entry in &table.providers {
        for model in &entry.models {
            let cached = Usage { cached_input_tokens: 1, ..usage(300_000, 1) };
            for usage in [usage(1, 1), cached] {
                let cost = table.cost_on(table.as_of, entry.provider, &model.name, usage);
                assert!(cost.is_some(), "{}", model.name);
            }
            let free = entry.provider == ModelProvider::Mock;
            assert_eq!(model.prices.input_cost_per_million == Some(Decimal::ZERO), free);
            assert!(model.max_output.is_some() || free, "{}", model.name);
        }
    }
}

#[test]
fn a_free_model_costs_zero_and_an_unpriced_or_unknown_one_has_no_cost() {
    let shipped = PriceTable::load().unwrap();
    let free = shipped.cost(ModelProvider::Mock, "mock", usage(1000, 3)).unwrap();
    assert_eq!((free.amount, free.price_version.as_str()), (Decimal::ZERO, "mock-1"));
    assert_eq!(shipped.cost(ModelProvider::Mock, "mock-slow-7-cut", usage(1000, 3)), Some(free));
    assert_eq!(shipped.cost(ModelProvider::Openai, "gpt-unheard-of", usage(1, 1)), None);
    assert_eq!(cost(r#""inputCostPerMillion":1"#, usage(1, 1)), None);
    assert_eq!(cost(r#""outputCostPerMillion":1"#, usage(0, 1)), None);
    assert_eq!(cost(r#""inputCostPerMillion":null,"outputCostPerMillion":1"#, usage(1, 1)), None);
}

#[test]
fn the_cost_is_exact_and_an_alias_costs_the_same() {
    let prices = r#""inputCostPerMillion":0.15,"outputCostPerMillion":0.60"#;
    assert_eq!(cost(prices, usage(1000, 3)).unwrap(), "0.0001518");
    let alias = table(prices).cost(ModelProvider::Openai, "m-1", usage(1000, 3)).unwrap();
    assert_eq!(
        (alias.amount.to_string().as_str(), alias.price_version.as_str()),
        ("0.0001518", "v")
    );
    // As a binary float this would be 0.30000000000000004.
    let prices = r#""inputCostPerMillion":0.1,"outputCostPerMillion":0.2"#;
    assert_eq!(cost(prices, usage(1_000_000, 1_000_000)).unwrap(), "0.3");
}

#[test]
fn what_was_read_from_the_cache_or_written_to_it_has_its_own_price() {
    let prices = r#""inputCostPerMillion":4,"cachedInputCostPerMillion":0.4,
        "cacheWriteCostPerMillion":5,"outputCostPerMillion":20"#;
    let usage = Usage { cached_input_tokens: 100, cache_write_tokens: 200, ..usage(1000, 10) };
    // 700 × 4 + 100 × 0.4 + 200 × 5 + 10 × 20
    assert_eq!(cost(prices, usage).unwrap(), "0.00404");
    // Thinking is a part of the output, and not charged twice.
    let thinking = Usage { reasoning_tokens: 9, ..usage };
    assert_eq!(cost(prices, thinking).unwrap(), "0.00404");
    let unknown = r#""inputCostPerMillion":4,"outputCostPerMillion":20"#;
    assert_eq!(cost(unknown, usage), None);
}

#[test]
fn a_long_prompt_has_other_prices() {
    let prices = r#""inputCostPerMillion":1,"outputCostPerMillion":10,
        "above":{"inputTokens":200000,"inputCostPerMillion":2,"outputCostPerMillion":15}"#;
    assert_eq!(cost(prices, usage(200_000, 1000)).unwrap(), "0.21");
    assert_eq!(cost(prices, usage(200_001, 1000)).unwrap(), "0.415002");
}

#[test]
fn after_its_last_day_a_price_is_not_known() {
    let table =
        table(r#""inputCostPerMillion":1,"outputCostPerMillion":1,"validUntil":"2026-12-31""#);
    let on = |text| table.cost_on(day(text), ModelProvider::Openai, "m", usage(1, 1));
    assert!(on("2026-12-31").is_some());
    assert_eq!(on("2027-01-01"), None);
}
