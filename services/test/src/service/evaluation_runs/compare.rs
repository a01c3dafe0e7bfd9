//! Compares two runs over the same data set: the cells that became better or worse.

use auth::Identity;
use ids::RunId;

use crate::{
    domain::{
        CellDifference, EvaluationRunComparison, StoredEvaluationRun, Target, TargetDifference,
        TestStatus,
    },
    error::ServiceError,
    repo::evaluation_runs::{self, CellPair, list_cell_pairs},
    state::AppState,
};

/// Compares the run `id` with the earlier run `to`, both of the caller's.
pub async fn compare(
    state: &AppState,
    caller: &Identity,
    id: RunId,
    to: RunId,
) -> Result<EvaluationRunComparison, ServiceError> {
    let run = evaluation_runs::find(&state.pool, id, caller.id).await?;
    let run = run.ok_or(ServiceError::RunNotFound)?;
    let earlier = evaluation_runs::find(&state.pool, to, caller.id).await?;
    let earlier = earlier.ok_or(ServiceError::OtherRunNotFound)?;
    if run.dataset_id != earlier.dataset_id {
        return Err(ServiceError::OtherDataset);
    }
    let mut targets = Vec::new();
    for (index, to_index) in matching(&run, &earlier) {
        let of = |index: usize| i32::try_from(index).unwrap_or(i32::MAX);
        let pairs = list_cell_pairs(&state.pool, (id, of(index)), (to, of(to_index))).await?;
        targets.push(difference(&run.targets.0[index], index, to_index, pairs));
    }
    Ok(EvaluationRunComparison {
        run_id: id,
        to,
        improved: targets.iter().map(|target| target.improved.len()).sum(),
        regressed: targets.iter().map(|target| target.regressed.len()).sum(),
        unchanged: targets.iter().map(|target| target.unchanged).sum(),
        open: targets.iter().map(|target| target.open).sum(),
        targets,
    })
}

/// Returns the indexes of targets of the same model: the same index in both if possible, else the first that is
/// left.
fn matching(run: &StoredEvaluationRun, earlier: &StoredEvaluationRun) -> Vec<(usize, usize)> {
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
    pairs: Vec<CellPair>,
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

/// Returns the worth of a result: no answer is worse than the worst answer. `None` when there is no result.
fn worth(status: TestStatus, score: Option<f64>) -> Option<f64> {
    match status {
        TestStatus::Completed => Some(score.unwrap_or(PASSED)),
        TestStatus::Failed => Some(-1.0),
        TestStatus::Pending | TestStatus::Running | TestStatus::Cancelled => None,
    }
}
