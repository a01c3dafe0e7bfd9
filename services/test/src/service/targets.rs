//! Checks that targets can be asked, before anything is queued for them.

use model_client::ModelProvider;

use crate::{
    domain::Target,
    error::{BadTarget, ServiceError, TargetRefusal},
    state::AppState,
};

/// Checks one target.
///
/// # Errors
/// When the provider is not set up, or has no such model.
pub fn check(state: &AppState, target: &Target) -> Result<(), ServiceError> {
    let bad = refusal(state, target).map(|refusal| BadTarget { index: None, refusal });
    ServiceError::bad_targets(bad.into_iter().collect()).map_or(Ok(()), Err)
}

/// Checks several targets.
///
/// # Errors
/// Every target that cannot be asked.
pub fn check_all<'t>(
    state: &AppState,
    targets: impl IntoIterator<Item = &'t Target>,
) -> Result<(), ServiceError> {
    let bad = targets.into_iter().enumerate().filter_map(|(i, target)| {
        refusal(state, target).map(|refusal| BadTarget { index: Some(i), refusal })
    });
    ServiceError::bad_targets(bad.collect()).map_or(Ok(()), Err)
}

fn refusal(state: &AppState, target: &Target) -> Option<TargetRefusal> {
    match state.providers.get(target.model_provider) {
        None => Some(TargetRefusal::Unavailable(target.model_provider)),
        Some(provider) if !provider.serves(&target.model_name) => {
            Some(unknown_model(state, target))
        }
        Some(_) => None,
    }
}

fn unknown_model(state: &AppState, target: &Target) -> TargetRefusal {
    let provider = target.model_provider;
    if provider != ModelProvider::OpenaiCompatible {
        return TargetRefusal::UnknownModel { provider, listed: Vec::new() };
    }
    match state.providers.endpoint_of(&target.model_name) {
        Some(endpoint) => TargetRefusal::UnknownModel { provider, listed: endpoint.models.clone() },
        None => {
            let names = state.providers.endpoints().iter().map(|it| it.name.clone());
            TargetRefusal::UnknownEndpoint(names.collect())
        }
    }
}
