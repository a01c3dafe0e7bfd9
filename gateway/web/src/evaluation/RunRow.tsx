import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { EvaluationRunSummary } from '../api/types';
import { exactTime, fullCount, timeAgo } from '../format';
import { testWords } from '../words/tests';
import { PromptTitle } from './PromptTitle';

const words = testWords.runs;

/** A run in the list of its data set: what was run, on which models, and how it came out. */
export function RunRow({ item: run }: { item: EvaluationRunSummary }) {
  return <Row run={run} />;
}

/** A run in a list over all data sets. */
export function RunOverDatasetRow({ item: run }: { item: EvaluationRunSummary }) {
  return (
    <Row run={run}>
      <p className="quiet small">
        {typeof run.datasetName === 'string' && testWords.setup.over} <DatasetName run={run} />
      </p>
    </Row>
  );
}

function Row({ run, children }: { run: EvaluationRunSummary; children?: ReactNode }) {
  return (
    <li className="run-row">
      <div>
        <h3>
          <Link to="/tests/runs/$id" params={{ id: run.id }} className="row-link">
            {run.promptId ? <PromptTitle promptId={run.promptId} /> : words.ownText}
          </Link>
          {typeof run.promptVersion === 'number' && <span className="quiet small"> {words.version(run.promptVersion)}</span>}
        </h3>
        {children}
      </div>
      <p className="run-models small">
        {run.targets.map((target, index) => (
          // The same model may be asked twice.
          // oxlint-disable-next-line react/no-array-index-key
          <span key={index} className="tag">
            <bdi>{target.modelName}</bdi>
          </span>
        ))}
      </p>
      <RunOutcome run={run} />
      <time className="quiet small" dateTime={run.createdAt} title={exactTime(run.createdAt)}>
        {timeAgo(run.createdAt)}
      </time>
    </li>
  );
}

/** The name of the data set that a run is over; of one that is gone, words for it. */
export function DatasetName({ run: { datasetName } }: { run: EvaluationRunSummary }) {
  return typeof datasetName === 'string' ? <bdi>{datasetName}</bdi> : testWords.run.deletedDataset;
}

/** Says how far a run is, or how it ended. */
export function RunOutcome({ run: { progress, passed } }: { run: EvaluationRunSummary }) {
  const total = fullCount(progress.total);
  const isOver = progress.done === progress.total;
  return <span className="small">{isOver ? words.passed(fullCount(passed), total) : words.running(fullCount(progress.done), total)}</span>;
}
