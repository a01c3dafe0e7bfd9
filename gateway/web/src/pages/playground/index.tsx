import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { call, promptApi } from '../../api/client';
import { isProblem } from '../../api/problem';
import { NotFoundPage } from '../../app/ErrorPage';
import { useSession } from '../../session/useSession';
import { heldValues } from '../../text/heldValues';
import { playgroundWords as words } from '../../words/playground';
import { Answers } from './Answers';
import { PlaygroundForm } from './PlaygroundForm';
import { useRun } from './useRun';
import './playground.css';

const route = getRouteApi('/playground');

export function PlaygroundPage() {
  const { prompt: promptId, vars, held } = route.useSearch();
  const heldHere = useMemo(() => (held && promptId !== undefined ? heldValues(promptId) : undefined), [held, promptId]);
  const { status } = useSession();
  const run = useRun();
  const prompt = useQuery({
    queryKey: ['prompt', promptId],
    queryFn: ({ signal }) => call(promptApi.GET('/prompts/{id}', { params: { path: { id: promptId ?? '' } }, signal })),
    enabled: promptId !== undefined && status !== 'unknown',
  });
  if (isProblem(prompt.error, 404, 400)) return <NotFoundPage />;
  const isReady = promptId === undefined || prompt.data !== undefined;
  return (
    <main id="content" className="page playground">
      <h1>{words.title}</h1>
      <p role="status" className="visually-hidden">
        {run.announcement}
      </p>
      {held && !heldHere && <p className="notice small">{words.valuesMissing}</p>}
      <div className="playground-columns">
        {isReady ? (
          <PlaygroundForm
            // Another prompt is another form.
            key={promptId ?? ''}
            prompt={prompt.data ?? null}
            values={vars ?? heldHere ?? {}}
            phase={run.phase}
            problem={run.problem}
            onRun={(request) => void run.start(request)}
            onStop={() => void run.stop()}
          />
        ) : (
          <div>
            {prompt.error ? <p className="notice danger">{prompt.error.message}</p> : <div className="skeleton playground-skeleton" />}
          </div>
        )}
        <div className="playground-result">
          {run.isSlow && <p className="notice small">{words.slow}</p>}
          {run.isQueued && <p className="notice small">{words.queued}</p>}
          {run.isInterrupted && <p className="notice small">{words.interrupted}</p>}
          {run.answers.length === 0 ? (
            <div className="empty">
              <h2>{words.empty}</h2>
              <p>{words.emptyHint}</p>
            </div>
          ) : (
            <Answers answers={run.answers} comparisonId={run.comparisonId} isOver={run.phase === 'over'} />
          )}
        </div>
      </div>
    </main>
  );
}
