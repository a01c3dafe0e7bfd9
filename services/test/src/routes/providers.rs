//! `GET /api/tests/providers`: what prompts can be tested on.

use axum::extract::State;
use chrono::NaiveDate;
use http_kit::{Json, openapi::Problems};
use model_client::{ModelProvider, NamedEndpoint};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_providers))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProvidersResponse {
    /// Every provider, set up here or not.
    providers: Vec<ModelProvider>,
    /// How many.
    #[schema(example = 5)]
    count: usize,
    /// Models known by name. OPENAI, ANTHROPIC, GEMINI and endpoints without a model here may be asked
    /// for others, at no known cost.
    models: Vec<ModelResponse>,
    /// The endpoints of OPENAI_COMPATIBLE; a model there is asked for as `endpoint/model`.
    #[schema(example = json!(["local"]))]
    endpoints: Vec<String>,
    /// The day on which the prices were read.
    #[schema(example = "2026-11-25")]
    prices_as_of: NaiveDate,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ModelResponse {
    provider: ModelProvider,
    #[schema(example = "mock")]
    name: String,
    /// Tokens; null when not known.
    #[schema(example = 128_000)]
    context_window: Option<u32>,
    /// US dollars per million tokens; null when not known. A long prompt may cost more.
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
    responses(
        (status = 200, description = "Providers and their models.", body = ProvidersResponse),
        Problems::<()>,
    ),
)]
async fn list_providers(State(state): State<AppState>) -> Json<ProvidersResponse> {
    let table = &state.price_table.providers;
    let mut models = Vec::new();
    for entry in table {
        let available = state.providers.get(entry.provider).is_some();
        models.extend(entry.models.iter().map(|model| ModelResponse {
            provider: entry.provider,
            name: model.name.clone(),
            context_window: Some(model.context_window),
            input_cost_per_million: model.input_cost_per_million(),
            output_cost_per_million: model.output_cost_per_million(),
            available,
        }));
        if entry.provider == ModelProvider::OpenaiCompatible {
            models.extend(state.providers.endpoints().iter().flat_map(of_endpoint));
        }
    }
    Json(ProvidersResponse {
        providers: table.iter().map(|entry| entry.provider).collect(),
        count: table.len(),
        models,
        endpoints: state.providers.endpoints().iter().map(|it| it.name.clone()).collect(),
        prices_as_of: state.price_table.as_of,
    })
}

/// Lists the models of an endpoint: the settings give their names, and no sizes or prices.
fn of_endpoint(endpoint: &NamedEndpoint) -> impl Iterator<Item = ModelResponse> {
    endpoint.models.iter().map(|model| ModelResponse {
        provider: ModelProvider::OpenaiCompatible,
        name: model.clone(),
        context_window: None,
        input_cost_per_million: None,
        output_cost_per_million: None,
        available: true,
    })
}
