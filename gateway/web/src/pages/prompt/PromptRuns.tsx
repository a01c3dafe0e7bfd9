import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { runsQuery } from '../../evaluation/queries';
import { DatasetName, RunOutcome } from '../../evaluation/RunRow';
import { exactTime, timeAgo } from '../../format';
import { words } from '../../words/en';
import { testWords } from '../../words/tests';

/** The latest runs of a prompt over the reader's data sets, and the way to another; nothing where there are none. */
export function PromptRuns({ promptId, userId }: { promptId: string; userId: string }) {
  // The page is whole without them: where they are away nobody is told.
  const { data } = useInfiniteQuery({ ...runsQuery(userId, promptId), meta: { isQuiet: true } });
  const runs = data?.pages[0]?.content ?? [];
  if (runs.length === 0) return null;
  return (
    <section aria-labelledby="runs-title">
      <h2 id="runs-title">{testWords.runs.label}</h2>
      <ul className="related-list">
        {runs.map((run) => (
          <li key={run.id}>
            <Link to="/tests/runs/$id" params={{ id: run.id }}>
              <DatasetName run={run} />
            </Link>
            <RunOutcome run={run} />
            <span className="quiet small">
              {typeof run.promptVersion === 'number' && <>{testWords.runs.version(run.promptVersion)} · </>}
              <time dateTime={run.createdAt} title={exactTime(run.createdAt)}>
                {timeAgo(run.createdAt)}
              </time>
            </span>
          </li>
        ))}
        <li>
          <Link to="/tests" search={{ prompt: promptId }}>
            {words.prompt.runOverDataset}
          </Link>
        </li>
      </ul>
    </section>
  );
}
