use super::ModelProvider;

/// What shares slots: a provider, or one endpoint of `OPENAI_COMPATIBLE`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub struct Lane(String);

impl Lane {
    /// The lane of a model, as the database's function `test_lane` names it.
    pub fn of(provider: ModelProvider, model: &str) -> Self {
        match provider {
            ModelProvider::OpenaiCompatible => {
                Self::endpoint(model.split('/').next().unwrap_or_default())
            }
            provider => Self(provider.to_string()),
        }
    }

    /// The lane of an endpoint of that name.
    pub fn endpoint(name: &str) -> Self {
        Self(format!("{}/{name}", ModelProvider::OpenaiCompatible))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
