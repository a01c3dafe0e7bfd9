//! A stand-in for the prompt service, which knows every prompt.

use axum::{
    Json, Router,
    routing::{MethodFilter, get, on},
};
use internal_api::{Call, prompt::ListSummaries};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// A running stand-in.
pub struct PromptService {
    pub url: String,
    server: JoinHandle<std::io::Result<()>>,
}

impl PromptService {
    /// Starts it.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let app = Router::new()
            .route("/health/ready", get(|| async {}))
            .route(ListSummaries::PATH, on(MethodFilter::from(ListSummaries::METHOD), summaries));
        let server = tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { url, server })
    }

    pub fn stop(self) {
        self.server.abort();
    }
}

async fn summaries(Json(request): Json<Value>) -> Json<Value> {
    let ids = request["ids"].as_array().into_iter().flatten();
    let prompts: Vec<Value> = ids
        .map(|id| {
            json!({
                "id": id, "title": "A title", "category": "Writing", "userId": id,
                "username": "ada", "isPublic": true, "visibility": "PUBLIC",
                "status": "PUBLISHED",
            })
        })
        .collect();
    Json(json!({ "prompts": prompts }))
}
