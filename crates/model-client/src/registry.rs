//! The providers that the settings have a key for.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    client::{HostedProvider, ModelClient},
    price_table::PriceTable,
    provider::{ModelProvider, Provider},
    providers::{
        anthropic::Anthropic, compatible::Compatible, gemini::Gemini, mock::Mock, openai::OpenAi,
    },
    settings::ProviderSettings,
};

/// The providers that can be used.
pub struct ProviderRegistry {
    available: BTreeMap<ModelProvider, Box<dyn Provider>>,
    endpoints: Vec<NamedEndpoint>,
}

/// An endpoint of `OPENAI_COMPATIBLE`, as it is shown.
pub struct NamedEndpoint {
    pub name: String,
    /// Its models by the names that clients use, `endpoint/model`; empty when the settings list none.
    pub models: Vec<String>,
    /// Whether its answers are paid for.
    charges: bool,
}

impl ProviderRegistry {
    /// Makes the providers that the settings have a key for.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(settings: ProviderSettings, prices: &Arc<PriceTable>) -> anyhow::Result<Self> {
        let client = Arc::new(ModelClient::new(settings.deadlines)?);
        let mock: Box<dyn Provider> = Box::new(Mock::default());
        let mut available = BTreeMap::from([(ModelProvider::Mock, mock)]);
        if let Some(endpoint) = settings.openai {
            let dialect = OpenAi::new(endpoint);
            let provider = HostedProvider { client: client.clone(), dialect };
            available.insert(ModelProvider::Openai, Box::new(provider));
        }
        if let Some(endpoint) = settings.anthropic {
            let dialect = Anthropic { endpoint, prices: prices.clone() };
            let provider = HostedProvider { client: client.clone(), dialect };
            available.insert(ModelProvider::Anthropic, Box::new(provider));
        }
        if let Some(endpoint) = settings.gemini {
            let provider = HostedProvider { client: client.clone(), dialect: Gemini { endpoint } };
            available.insert(ModelProvider::Gemini, Box::new(provider));
        }
        let endpoints = settings.compatible.iter().map(|(name, endpoint)| NamedEndpoint {
            name: name.clone(),
            models: endpoint.models.iter().map(|model| format!("{name}/{model}")).collect(),
            charges: endpoint.charges,
        });
        let endpoints: Vec<_> = endpoints.collect();
        if !endpoints.is_empty() {
            let provider = Compatible::new(client, settings.compatible);
            available.insert(ModelProvider::OpenaiCompatible, Box::new(provider));
        }
        Ok(Self { available, endpoints })
    }

    pub fn get(&self, provider: ModelProvider) -> Option<&dyn Provider> {
        self.available.get(&provider).map(Box::as_ref)
    }

    /// Returns the endpoints of `OPENAI_COMPATIBLE`.
    pub fn endpoints(&self) -> &[NamedEndpoint] {
        &self.endpoints
    }

    /// Finds the endpoint that a model of `OPENAI_COMPATIBLE` is at.
    pub fn endpoint_of(&self, model: &str) -> Option<&NamedEndpoint> {
        let (name, _) = model.split_once('/')?;
        self.endpoints.iter().find(|endpoint| endpoint.name == name)
    }

    /// Tells whether an answer of this model, whole or broken off, is known to cost nothing: that of an
    /// endpoint that does not charge.
    pub fn is_free(&self, provider: ModelProvider, model: &str) -> bool {
        provider == ModelProvider::OpenaiCompatible
            && self.endpoint_of(model).is_some_and(|endpoint| !endpoint.charges)
    }
}
