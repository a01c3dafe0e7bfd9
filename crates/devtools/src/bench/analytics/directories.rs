//! Stand-ins for the prompt service and the user service, which know every id at once: what is measured is
//! analytics, with the calls that it makes.

use axum::{
    Json, Router,
    routing::{MethodFilter, get, on},
};
use ids::{PromptId, UserId};
use internal_api::{
    Call,
    prompt::{
        ListSummaries, ListSummariesRequest, ListSummariesResponse, Status, SummaryResponse,
        Visibility,
    },
    user::{LookUpUsers, LookUpUsersRequest, LookUpUsersResponse, UserNames},
};
use tokio::{net::TcpListener, task::JoinHandle};

const TITLE: &str = "A careful editor of release notes";
const CATEGORY: &str = "Writing";
const USERNAME: &str = "ada";

/// Running stand-ins, at one address.
pub struct Directories {
    pub url: String,
    server: JoinHandle<std::io::Result<()>>,
}

impl Directories {
    /// Starts them.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let app = Router::new()
            .route("/health/ready", get(|| async {}))
            .route(ListSummaries::PATH, on(MethodFilter::from(ListSummaries::METHOD), summaries))
            .route(LookUpUsers::PATH, on(MethodFilter::from(LookUpUsers::METHOD), users));
        let server = tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { url, server })
    }

    pub fn stop(self) {
        self.server.abort();
    }
}

async fn summaries(Json(request): Json<ListSummariesRequest>) -> Json<ListSummariesResponse> {
    let prompts = request.ids.into_iter().map(summary).collect();
    Json(ListSummariesResponse { prompts })
}

fn summary(id: PromptId) -> SummaryResponse {
    SummaryResponse {
        id,
        title: TITLE.to_owned(),
        category: CATEGORY.to_owned(),
        user_id: UserId(id.0),
        username: USERNAME.to_owned(),
        is_public: true,
        visibility: Visibility::Public,
        status: Status::Published,
    }
}

async fn users(Json(request): Json<LookUpUsersRequest>) -> Json<LookUpUsersResponse> {
    let named =
        |id| UserNames { id, username: USERNAME.to_owned(), first_name: None, last_name: None };
    Json(LookUpUsersResponse { users: request.ids.into_iter().map(named).collect() })
}
