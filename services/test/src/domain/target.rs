use model_client::ModelProvider;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A model, and how it is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    pub model_provider: ModelProvider,
    #[schema(example = "mock")]
    pub model_name: String,
    pub temperature: Option<f64>,
    pub max_tokens: Option<i32>,
    pub seed: Option<i64>,
}
