import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect } from 'react';
import { isProblem } from '../../api/problem';
import type { EvaluationRun } from '../../api/types';
import { NotFoundPage } from '../../app/ErrorPage';
import { datasetQuery, runQuery } from '../../evaluation/queries';
import { SignedIn } from '../../evaluation/SignedIn';
import { noteEndedRun } from '../../notices/seen';
import { Failure } from '../../ui/Failure';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { useFailure } from '../../ui/useFailure';
import { testWords } from '../../words/tests';
import { Results } from './Results';
import { RunHeader } from './RunHeader';
import './run.css';
import { isOver } from './useFollowRun';

const words = testWords.run;
const route = getRouteApi('/tests/runs/$id');

/** A run over a data set: how far it is, how each model does, and each answer. */
export function RunPage() {
  const { id } = route.useParams();
  return <SignedIn title={testWords.runs.label}>{(userId) => <RunView key={id} id={id} userId={userId} />}</SignedIn>;
}

function RunView({ id, userId }: { id: string; userId: string }) {
  const run = useQuery(runQuery(id, userId));
  const failure = useFailure(run);
  if (isProblem(failure, 404, 400)) return <NotFoundPage />;
  return (
    <main id="content" className="page evaluation run">
      {failure !== null && <Failure error={failure} onRetry={() => void run.refetch()} />}
      {run.isPending && failure === null && <div className="skeleton evaluation-skeleton" aria-hidden="true" />}
      {run.data && <Found run={run.data} userId={userId} />}
    </main>
  );
}

function Found({ run, userId }: { run: EvaluationRun; userId: string }) {
  // A data set that is deleted since has no name any more; its runs stay.
  const dataset = useQuery(datasetQuery(run.datasetId, userId));
  useNoNews(run, userId);
  const found = dataset.data ?? (isProblem(dataset.error, 404) ? null : undefined);
  useDocumentTitle(found === null ? words.titleDeleted : found && words.title(found.name));
  return (
    <>
      <RunHeader run={run} dataset={found} userId={userId} />
      <Results run={run} userId={userId} />
    </>
  );
}

/** Makes the end of a run no news to who sees it here; a tab behind others is not seen. */
function useNoNews(run: EvaluationRun, userId: string): void {
  const hasEnded = isOver(run);
  useEffect(() => {
    const look = () => {
      if (hasEnded && !document.hidden) noteEndedRun(userId, run.id);
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [userId, run.id, hasEnded]);
}
