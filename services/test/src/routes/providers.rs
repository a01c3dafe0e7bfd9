//! `GET /api/tests/providers`: what prompts can be tested on.

use axum::extract::State;
use http_kit::Json;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{domain::ModelProvider, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Serialize, ToSchema)]
struct ProviderList {
    /// Every provider, set up here or not.
    providers: Vec<ModelProvider>,
    /// How many.
    #[schema(example = 5)]
    count: usize,
    models: Vec<Model>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Model {
    provider: ModelProvider,
    #[schema(example = "mock")]
    name: String,
    /// Tokens.
    #[schema(example = 128_000)]
    context_window: u32,
    /// US dollars per million tokens; null when not known.
    #[serde(with = "http_kit::decimal::option")]
    #[schema(value_type = Option<f64>, example = 0)]
    input_cost_per_million: Option<Decimal>,
    /// US dollars per million tokens; null when not known.
    #[serde(with = "http_kit::decimal::option")]
    #[schema(value_type = Option<f64>, example = 0)]
    output_cost_per_million: Option<Decimal>,
    /// False when its provider is not set up here: a test on it is refused.
    available: bool,
}

/// Providers and models
///
/// Anyone may call this.
#[utoipa::path(
    get, path = "/api/tests/providers", tag = "providers",
    responses((status = 200, description = "Providers and their models.", body = ProviderList)),
)]
async fn list(State(state): State<AppState>) -> Json<ProviderList> {
    let catalogue = &state.catalogue.providers;
    let models = catalogue.iter().flat_map(|entry| {
        let available = state.providers.get(entry.provider).is_some();
        entry.models.iter().map(move |model| Model {
            provider: entry.provider,
            name: model.name.clone(),
            context_window: model.context_window,
            input_cost_per_million: model.input_cost_per_million,
            output_cost_per_million: model.output_cost_per_million,
            available,
        })
    });
    Json(ProviderList {
        providers: catalogue.iter().map(|entry| entry.provider).collect(),
        count: catalogue.len(),
        models: models.collect(),
    })
}
