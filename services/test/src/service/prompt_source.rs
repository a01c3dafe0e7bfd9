//! Fetches the text of a prompt from its source, and fills in its placeholders.

use std::collections::{BTreeMap, BTreeSet};

use auth::Identity;
use ids::PromptId;
use template::Unresolved;

use crate::{
    domain::{MAX_PROMPT_BYTES, PromptSource},
    error::ServiceError,
    state::AppState,
};

/// The texts of a prompt, placeholders and all.
#[derive(Clone, Debug)]
pub struct Template {
    /// The prompt and its version that the test is kept with; `None` when only the content was given.
    pub prompt: Option<(PromptId, i32)>,
    pub content: String,
    pub system_prompt: Option<String>,
}

/// The texts that are sent to a model.
#[derive(Debug, Default)]
pub struct FilledPrompt {
    pub prompt: String,
    pub system_prompt: Option<String>,
}

/// Fetches the texts of a prompt.
///
/// # Errors
/// When there is no such prompt, version or label for this caller, or its content is needed and
/// withheld, or the prompt service cannot be asked.
pub async fn fetch(
    state: &AppState,
    caller: &Identity,
    source: PromptSource,
    system_prompt: Option<String>,
) -> Result<Template, ServiceError> {
    let (prompt, content) = match source {
        PromptSource::Content(content) => (None, content),
        PromptSource::Prompt { id, version } => {
            let prompt = state.prompt_service.get_prompt(id, &version, caller).await?;
            let content = prompt.content.ok_or(ServiceError::ContentWithheld)?;
            (Some((id, prompt.version)), content)
        }
        PromptSource::Draft { id, version, content } => {
            let prompt = state.prompt_service.get_prompt(id, &version, caller).await?;
            (Some((id, prompt.version)), content)
        }
    };
    Ok(Template { prompt, content, system_prompt })
}

/// Fills in templates off the async threads: texts can be long, and have many placeholders.
///
/// # Errors
/// Those of [`Template::fill`].
pub async fn fill(
    state: &AppState,
    caller: &Identity,
    templates: Vec<Template>,
    variables: BTreeMap<String, String>,
) -> Result<Vec<(Template, FilledPrompt)>, ServiceError> {
    let work = move || {
        let filled = templates.into_iter().map(|template| {
            let filled = template.fill(&variables)?;
            Ok((template, filled))
        });
        filled.collect()
    };
    state.offload.run(caller.id, work).await?
}

impl Template {
    /// Returns the names of all placeholders.
    pub fn variables(&self) -> BTreeSet<String> {
        let texts = [Some(&self.content), self.system_prompt.as_ref()];
        texts.into_iter().flatten().flat_map(|text| template::variables(text)).collect()
    }

    /// Fills in both texts.
    ///
    /// # Errors
    /// When a text would be too long, or the variables do not fit the placeholders of both.
    pub fn fill(&self, variables: &BTreeMap<String, String>) -> Result<FilledPrompt, ServiceError> {
        let mut unresolved =
            Unresolved { missing: BTreeSet::new(), unknown: variables.keys().cloned().collect() };
        let mut one = |text: &str| fill_one(text, variables, &mut unresolved);
        let prompt = one(&self.content)?;
        let system_prompt = self.system_prompt.as_deref().map(one).transpose()?;
        if unresolved.missing.is_empty() && unresolved.unknown.is_empty() {
            Ok(FilledPrompt { prompt, system_prompt })
        } else {
            Err(unresolved.into())
        }
    }
}

/// Fills in one of several texts, and notes the variables that it lacks and those that it uses.
fn fill_one(
    text: &str,
    variables: &BTreeMap<String, String>,
    unresolved: &mut Unresolved,
) -> Result<String, ServiceError> {
    let names = template::variables(text);
    let given = names.iter().filter_map(|name| variables.get_key_value(name));
    let given = given.map(|(name, value)| (name.clone(), value.clone())).collect();
    if template::rendered_len(text, &given) > MAX_PROMPT_BYTES {
        return Err(ServiceError::PromptTooLong);
    }
    unresolved.unknown.retain(|name| !given.contains_key(name));
    template::render(text, &given).or_else(|error| {
        unresolved.missing.extend(error.missing);
        Ok(String::new())
    })
}
