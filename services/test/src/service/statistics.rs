//! Statistics of a user's tests.

use std::collections::BTreeMap;

use auth::Identity;
use ids::PromptId;
use model_client::ModelProvider;

use crate::{
    domain::{ModelUse, Statistics, Sums, Tally, VersionTally},
    error::ServiceError,
    repo::statistics::{Group, sum_by_model},
    state::AppState,
};

/// Sums up the caller's own tests, all or those of one prompt.
pub async fn find(
    state: &AppState,
    caller: &Identity,
    prompt: Option<PromptId>,
) -> Result<Statistics, ServiceError> {
    let groups = sum_by_model(&state.pool, caller.id, prompt).await?;
    Ok(Statistics {
        total: Tally::of(groups.iter().map(|group| &group.sums)),
        most_used_model: most_used(&groups),
        by_version: prompt.map(|_| by_version(&groups)),
    })
}

fn most_used(groups: &[Group]) -> Option<ModelUse> {
    let mut models: BTreeMap<(ModelProvider, &str), i64> = BTreeMap::new();
    for group in groups {
        let model = (group.model_provider, group.model_name.as_str());
        *models.entry(model).or_default() += group.sums.tests;
    }
    // Of equals `max_by_key` gives the last.
    let most = models.into_iter().rev().max_by_key(|(_, tests)| *tests)?;
    let ((model_provider, model_name), tests) = most;
    Some(ModelUse { model_provider, model_name: model_name.to_owned(), tests })
}

fn by_version(groups: &[Group]) -> Vec<VersionTally> {
    let mut versions: BTreeMap<i32, Vec<&Sums>> = BTreeMap::new();
    for group in groups {
        versions.entry(group.prompt_version.unwrap_or_default()).or_default().push(&group.sums);
    }
    let tally = |(version, sums)| VersionTally { version, tally: Tally::of(sums) };
    versions.into_iter().rev().map(tally).collect()
}
