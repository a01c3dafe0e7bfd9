use model_client::ModelProvider;

/// A group of models that share slots: those of a provider, or of one endpoint of `OPENAI_COMPATIBLE`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub struct Lane(String);

impl Lane {
    /// Returns the lane of a model, as the database's function `test_lane` names it.
    pub fn of(provider: ModelProvider, model: &str) -> Self {
        match provider {
            ModelProvider::OpenaiCompatible => {
                Self::endpoint(model.split('/').next().unwrap_or_default())
            }
            provider => Self(provider.to_string()),
        }
    }

    /// Returns the lane of an endpoint.
    pub fn endpoint(name: &str) -> Self {
        Self(format!("{}/{name}", ModelProvider::OpenaiCompatible))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
