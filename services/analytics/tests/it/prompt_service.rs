//! A stand-in for the prompt service: it knows the prompts of the test, and counts the questions.

use std::collections::HashMap;

use events::PromptCreated;
use ids::PromptId;
use internal_api::prompt::{
    ListSummaries, ListSummariesRequest, ListSummariesResponse, MAX_SUMMARIES, Status,
    SummaryResponse, Visibility,
};
use wiremock::Request;

use crate::stand_in::{Knowledge, StandIn};

pub type PromptService = StandIn<Prompts>;

#[derive(Default)]
pub struct Prompts {
    /// The prompts that are not deleted.
    prompts: HashMap<PromptId, SummaryResponse>,
    questions: Vec<usize>,
}

impl StandIn<Prompts> {
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
        self.with(|known| known.prompts.insert(prompt.prompt_id, summary));
    }

    /// Deletes a prompt.
    pub fn delete(&self, prompt: &PromptCreated) {
        self.with(|known| known.prompts.remove(&prompt.prompt_id));
    }

    /// Changes who may read a prompt.
    pub fn set_visibility(&self, prompt: &PromptCreated, visibility: Visibility) {
        self.with(|known| {
            let known = known.prompts.get_mut(&prompt.prompt_id).unwrap();
            known.visibility = visibility;
            known.is_public = visibility == Visibility::Public;
        });
    }

    /// Returns how many prompts each question asked about.
    pub fn questions(&self) -> Vec<usize> {
        self.with(|known| known.questions.clone())
    }
}

impl Knowledge for Prompts {
    type Call = ListSummaries;

    fn answer(&mut self, request: &Request) -> ListSummariesResponse {
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
        ListSummariesResponse { prompts }
    }
}
