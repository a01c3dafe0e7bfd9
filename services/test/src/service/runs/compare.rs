//! Two runs over the same data set: what became better, and what worse.

use auth::Identity;
use ids::RunId;

use super::stored;
use crate::{
    domain::{CellDifference, RunComparison, StoredRun, Target, TargetDifference, TestStatus},
    error::ServiceError,
    repo::runs::{Pair, pairs},
    state::AppState,
};

/// From the earlier run `to` to the run `id`, both the caller's own.
pub async fn compare(
    state: &AppState,
    caller: &Identity,
    id: RunId,
    to: RunId,
) -> Result<RunComparison, ServiceError> {
    let run = stored(state, caller, id).await?;
    let earlier = stored(state, caller, to).await.map_err(|error| match error {
        ServiceError::RunNotFound => ServiceError::OtherRunNotFound,
        error => error,
    })?;
    if run.dataset_id != earlier.dataset_id {
        return Err(ServiceError::OtherDataset);
    }
    let mut targets = Vec::new();
    for (index, to_index) in matching(&run, &earlier) {
        let of = |index: usize| i32::try_from(index).unwrap_or(i32::MAX);
        let pairs = pairs(&state.pool, (id, of(index)), (to, of(to_index))).await?;
        targets.push(difference(&run.targets.0[index], index, to_index, pairs));
    }
    Ok(RunComparison {
        run_id: id,
        to,
        improved: targets.iter().map(|target| target.improved.len()).sum(),
        regressed: targets.iter().map(|target| target.regressed.len()).sum(),
        unchanged: targets.iter().map(|target| target.unchanged).sum(),
        open: targets.iter().map(|target| target.open).sum(),
        targets,
    })
}

/// The places of targets of the same model: at the same place in both if possible, else the first
/// that is left.
fn matching(run: &StoredRun, earlier: &StoredRun) -> Vec<(usize, usize)> {
    let same = |a: &Target, b: &Target| {
        a.model_provider == b.model_provider && a.model_name == b.model_name
    };
    let (ours, theirs) = (&run.targets.0, &earlier.targets.0);
    let in_place = |i: usize| i < ours.len() && i < theirs.len() && same(&ours[i], &theirs[i]);
    let mut left: Vec<usize> = (0..theirs.len()).filter(|i| !in_place(*i)).collect();
    let mut matches = Vec::new();
    for (i, target) in ours.iter().enumerate() {
        if in_place(i) {
            matches.push((i, i));
        } else if let Some(found) = left.iter().position(|j| same(target, &theirs[*j])) {
            matches.push((i, left.remove(found)));
        }
    }
    matches
}

fn difference(
    target: &Target,
    index: usize,
    to_index: usize,
    pairs: Vec<Pair>,
) -> TargetDifference {
    let mut difference = TargetDifference {
        index,
        to_index,
        model_provider: target.model_provider,
        model_name: target.model_name.clone(),
        improved: Vec::new(),
        regressed: Vec::new(),
        unchanged: 0,
        open: 0,
    };
    for pair in pairs {
        let (now, then) = (worth(pair.status, pair.score), worth(pair.to_status, pair.to_score));
        let (Some(now), Some(then)) = (now, then) else {
            difference.open += 1;
            continue;
        };
        let row = CellDifference {
            row_number: pair.row_number,
            test_id: pair.test_id,
            to_test_id: pair.to_test_id,
            passed: now >= PASSED,
            score: pair.score,
            to_passed: then >= PASSED,
            to_score: pair.to_score,
        };
        if now > then {
            difference.improved.push(row);
        } else if now < then {
            difference.regressed.push(row);
        } else {
            difference.unchanged += 1;
        }
    }
    difference
}

const PASSED: f64 = 1.0;

/// No answer is worse than the worst answer. `None` when there is nothing to judge.
fn worth(status: TestStatus, score: Option<f64>) -> Option<f64> {
    match status {
        TestStatus::Completed => Some(score.unwrap_or(PASSED)),
        TestStatus::Failed => Some(-1.0),
        TestStatus::Pending | TestStatus::Running | TestStatus::Cancelled => None,
    }
}
