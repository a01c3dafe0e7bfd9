import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { call, testApi } from '../../api/client';
import { queryClient } from '../../api/queryClient';
import type { Dataset, EvaluationRun } from '../../api/types';
import { PromptTitle } from '../../evaluation/PromptTitle';
import { runQuery } from '../../evaluation/queries';
import { exactTime, fullCount, timeAgo } from '../../format';
import { useAction } from '../../session/useAction';
import { Icon } from '../../ui/Icon';
import { toast } from '../../ui/Toasts';
import { testWords } from '../../words/tests';
import { DownloadButton } from './DownloadButton';
import { RunDetails } from './RunDetails';
import { isOver, useFollowRun } from './useFollowRun';

const words = testWords.run;

interface RunHeaderProps {
  run: EvaluationRun;
  /** Null where it is deleted; undefined while it is not known. */
  dataset: Dataset | null | undefined;
  userId: string;
}

/** What was run, how far it is, and what can be done with it. */
export function RunHeader({ run, dataset, userId }: RunHeaderProps) {
  const { isInterrupted, isQueued } = useFollowRun(run, userId);
  return (
    <header className="run-header">
      <div className="bar">
        <h1>
          {run.promptId ? <PromptTitle promptId={run.promptId} /> : testWords.runs.ownText}
          {typeof run.promptVersion === 'number' && <span className="quiet run-version"> {testWords.runs.version(run.promptVersion)}</span>}
        </h1>
        <div className="form-row">
          {isOver(run) ? <AfterRun run={run} dataset={dataset} /> : <StopButton run={run} userId={userId} />}
        </div>
      </div>
      <RunFacts run={run} dataset={dataset} />
      <RunProgress run={run} />
      <RunDetails run={run} />
      {isQueued && <p className="notice small">{words.queued}</p>}
      {isInterrupted && <p className="notice small">{words.interrupted}</p>}
    </header>
  );
}

function AfterRun({ run, dataset }: Omit<RunHeaderProps, 'userId'>) {
  return (
    <>
      <DownloadButton run={run} dataset={dataset} />
      {dataset && (
        <Link to="/tests/data/$id/run" params={{ id: dataset.id }} search={{ from: run.id }} className="button primary">
          <Icon name="run" />
          {words.again}
        </Link>
      )}
    </>
  );
}

function StopButton({ run, userId }: { run: EvaluationRun; userId: string }) {
  const stop = useAction(() => call(testApi.POST('/api/tests/runs/{id}/cancel', { params: { path: { id: run.id } } })), {
    onDone: (stopped) => {
      queryClient.setQueryData(runQuery(run.id, userId).queryKey, stopped);
      toast(words.wasStopped);
    },
  });
  return (
    <button type="button" className="button danger" aria-disabled={stop.isPending} onClick={() => stop.run(undefined)}>
      {stop.isPending ? words.stopping : words.stop}
    </button>
  );
}

function RunFacts({ run, dataset }: Omit<RunHeaderProps, 'userId'>) {
  return (
    <dl className="figures small quiet">
      <div>
        <dt>{words.over}</dt>
        <dd>
          {dataset ? (
            <Link to="/tests/data/$id" params={{ id: dataset.id }}>
              <bdi>{dataset.name}</bdi>
            </Link>
          ) : dataset === null ? (
            words.deletedDataset
          ) : (
            '…'
          )}
        </dd>
      </div>
      {run.promptId && (
        <div>
          <dt>{words.prompt}</dt>
          <dd>
            <Link to="/p/$id" params={{ id: run.promptId }} search={{ version: run.promptVersion ?? undefined }}>
              <PromptTitle promptId={run.promptId} />
            </Link>
          </dd>
        </div>
      )}
      <div>
        <dt>{words.started}</dt>
        <dd>
          <time dateTime={run.createdAt} title={exactTime(run.createdAt)}>
            {timeAgo(run.createdAt)}
          </time>
        </dd>
      </div>
      <div>
        <dt>{words.assertions}</dt>
        <dd>{run.assertions?.length ? fullCount(run.assertions.length) : words.asExpected}</dd>
      </div>
    </dl>
  );
}

function RunProgress({ run }: { run: EvaluationRun }) {
  const { done, total, cancelled } = run.progress;
  const passed = run.targets.reduce((sum, target) => sum + target.passed, 0);
  const hasEnded = isOver(run);
  const wasRunning = useRef(!hasEnded);
  const [announcement, setAnnouncement] = useState('');
  useEffect(() => {
    if (hasEnded && wasRunning.current) setAnnouncement(words.finished);
    wasRunning.current = !hasEnded;
  }, [hasEnded]);
  return (
    <div className="run-progress">
      {!hasEnded && (
        <span className="meter" role="progressbar" aria-label={testWords.runs.label} aria-valuemin={0} aria-valuemax={total} aria-valuenow={done}>
          <span style={{ inlineSize: `${(100 * done) / total}%` }} />
        </span>
      )}
      <span className="small">
        {hasEnded ? testWords.runs.passed(fullCount(passed), fullCount(total)) : words.progress(fullCount(done), fullCount(total))}
        {cancelled > 0 && <span className="quiet"> · {words.stopped(cancelled, fullCount(cancelled))}</span>}
      </span>
      <span role="status" className="visually-hidden">
        {announcement}
      </span>
    </div>
  );
}
