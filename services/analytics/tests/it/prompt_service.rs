//! A stand-in for the prompt service: it knows the prompts of the test, counts the questions, and can
//! be away.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use events::PromptCreated;
use ids::PromptId;
use internal_api::{
    Call,
    prompt::{
        ListSummaries, ListSummariesRequest, ListSummariesResponse, MAX_SUMMARIES, Status,
        SummaryResponse, Visibility,
    },
};
use testkit::INTERNAL_TOKEN;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{header, method, path},
};

pub struct PromptService {
    server: MockServer,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    away: bool,
    /// The prompts that are not deleted.
    prompts: HashMap<PromptId, SummaryResponse>,
    questions: Vec<usize>,
}

impl PromptService {
    pub async fn start() -> Self {
        let server = MockServer::start().await;
        let known: Arc<Mutex<Known>> = Arc::default();
        let shared = known.clone();
        Mock::given(method("POST"))
            .and(path(ListSummaries::PATH))
            .and(header("x-internal-token", INTERNAL_TOKEN))
            .respond_with(move |request: &Request| shared.lock().unwrap().answer(request))
            .mount(&server)
            .await;
        Self { server, known }
    }

    pub fn url(&self) -> String {
        self.server.uri()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    /// Publishes a prompt as it was created.
    pub fn publish(&self, prompt: &PromptCreated) {
        let summary = SummaryResponse {
            id: prompt.prompt_id,
            title: prompt.title.clone(),
            category: prompt.category.clone(),
            user_id: prompt.user_id,
            username: prompt.username.clone(),
            is_public: true,
            visibility: Visibility::Public,
            status: Status::Published,
        };
        self.known().prompts.insert(prompt.prompt_id, summary);
    }

    /// Deletes a prompt.
    pub fn delete(&self, prompt: &PromptCreated) {
        self.known().prompts.remove(&prompt.prompt_id);
    }

    /// Changes who may read a prompt.
    pub fn set_visibility(&self, prompt: &PromptCreated, visibility: Visibility) {
        let mut known = self.known();
        let known = known.prompts.get_mut(&prompt.prompt_id).unwrap();
        known.visibility = visibility;
        known.is_public = visibility == Visibility::Public;
    }

    /// Has every question answered with 503 while away.
    pub fn set_away(&self, away: bool) {
        self.known().away = away;
    }

    /// Returns how many prompts each question asked about.
    pub fn questions(&self) -> Vec<usize> {
        self.known().questions.clone()
    }
}

impl Known {
    fn answer(&mut self, request: &Request) -> ResponseTemplate {
        if self.away {
            return ResponseTemplate::new(503);
        }
        let ListSummariesRequest { ids, unlisted } = request.body_json().unwrap();
        assert!(ids.len() <= MAX_SUMMARIES);
        self.questions.push(ids.len());
        let caller = |name: &str| request.headers.get(name).map(|it| it.to_str().unwrap());
        let is_shown = |prompt: &&SummaryResponse| match prompt.visibility {
            Visibility::Public => true,
            Visibility::Unlisted if unlisted => true,
            _ => {
                caller("x-user-id") == Some(&prompt.user_id.to_string())
                    || caller("x-user-roles").is_some_and(|roles| roles.contains("ADMIN"))
            }
        };
        let prompts =
            ids.iter().filter_map(|id| self.prompts.get(id)).filter(is_shown).cloned().collect();
        ResponseTemplate::new(200).set_body_json(ListSummariesResponse { prompts })
    }
}
