//! Endpoints that speak as OpenAI does, by the names that the settings give them. The name of a model is
//! `endpoint/model`.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::BoxFuture;

use super::openai::OpenAi;
use crate::{
    client::ModelClient,
    completion::{Completion, CompletionRequest},
    dialect::Dialect,
    provider::{OnChunk, Provider, ProviderError},
    settings::CompatibleEndpoint,
};

pub struct Compatible {
    client: Arc<ModelClient>,
    endpoints: BTreeMap<String, Endpoint>,
}

struct Endpoint {
    dialect: OpenAi,
    /// The models that it is asked for; empty when the settings list none: then it is asked for any.
    models: Vec<String>,
}

impl Compatible {
    pub fn new(client: Arc<ModelClient>, endpoints: BTreeMap<String, CompatibleEndpoint>) -> Self {
        let endpoints = endpoints.into_iter().map(|(name, endpoint)| {
            let dialect = OpenAi::compatible(&name, endpoint.endpoint);
            (name, Endpoint { dialect, models: endpoint.models })
        });
        Self { client, endpoints: endpoints.collect() }
    }

    /// Finds the endpoint, and its own name of the model: the rest, which may have more slashes.
    fn find<'a>(&self, model: &'a str) -> Option<(&Endpoint, &'a str)> {
        let (endpoint, model) = model.split_once('/')?;
        Some((self.endpoints.get(endpoint)?, model))
    }
}

impl Provider for Compatible {
    fn serves(&self, model: &str) -> bool {
        self.find(model).is_some_and(|(endpoint, model)| {
            let is_listed =
                endpoint.models.is_empty() || endpoint.models.iter().any(|m| m == model);
            is_listed && endpoint.dialect.serves(model)
        })
    }

    fn complete<'a>(
        &'a self,
        request: &'a CompletionRequest,
        on_chunk: OnChunk<'a>,
    ) -> BoxFuture<'a, Result<Completion, ProviderError>> {
        Box::pin(async move {
            // It was there when the test was queued; the settings may have changed since.
            let Some((endpoint, model)) = self.find(&request.model) else {
                return Err(ProviderError::Failed("there is no such endpoint any more"));
            };
            let request = CompletionRequest { model: model.to_owned(), ..request.clone() };
            self.client.call(&endpoint.dialect, &request, on_chunk).await
        })
    }
}
