import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { Dataset } from '../../api/types';
import { datasetsQuery, recentRunsQuery } from '../../evaluation/queries';
import { RunOutcome } from '../../evaluation/RunRow';
import { SignedIn } from '../../evaluation/SignedIn';
import { exactTime, fullCount, timeAgo } from '../../format';
import { useSession } from '../../session/useSession';
import { Icon } from '../../ui/Icon';
import { ListView } from '../../ui/ListView';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { testWords } from '../../words/tests';
import { ChosenPrompt } from './ChosenPrompt';

const words = testWords.list;
const route = getRouteApi('/tests');

/** The data sets of the reader, each with its last run. */
export function TestsPage() {
  useDocumentTitle(testWords.title);
  return <SignedIn title={testWords.title}>{(userId) => <Datasets userId={userId} />}</SignedIn>;
}

function Datasets({ userId }: { userId: string }) {
  const { prompt, version } = route.useSearch();
  const datasets = useInfiniteQuery(datasetsQuery(userId));
  return (
    <main id="content" className="page evaluation">
      <header className="bar">
        <h1>{testWords.title}</h1>
        <Link to="/tests/new" search={{ prompt, version }} className="button">
          <Icon name="plus" />
          {words.create}
        </Link>
      </header>
      {prompt === undefined ? <p className="quiet evaluation-intro">{words.intro}</p> : <ChosenPrompt promptId={prompt} />}
      <ListView query={datasets} label={words.datasets} className="dataset-list" Row={DatasetRow} empty={<Empty />} />
    </main>
  );
}

function Empty() {
  const { prompt, version } = route.useSearch();
  return (
    <div className="empty">
      <h2>{words.empty}</h2>
      <p>{words.emptyHint}</p>
      <Link to="/tests/new" search={{ prompt, version }} className="button primary">
        {words.create}
      </Link>
    </div>
  );
}

function DatasetRow({ item: dataset }: { item: Dataset }) {
  const { prompt, version } = route.useSearch();
  const { user } = useSession();
  const { id, name } = dataset;
  return (
    <li className="dataset-row">
      <h2>
        <Link to="/tests/data/$id" params={{ id }} className="row-link">
          <bdi>{name}</bdi>
        </Link>
      </h2>
      <p className="run-models small">
        {dataset.variables?.slice(0, 6).map((variable) => (
          <span key={variable} className="tag">
            <bdi>{variable}</bdi>
          </span>
        ))}
      </p>
      <p className="quiet small dataset-facts">
        <span>{words.rows(dataset.rowCount, fullCount(dataset.rowCount))}</span>
        <time dateTime={dataset.createdAt} title={exactTime(dataset.createdAt)}>
          {words.created(timeAgo(dataset.createdAt))}
        </time>
      </p>
      {user && <LastRun datasetId={id} userId={user.id} />}
      <Link to="/tests/data/$id/run" params={{ id }} search={{ prompt, version }} className="button row-action" aria-label={words.runLabel(name)}>
        <Icon name="run" />
        {words.run}
      </Link>
    </li>
  );
}

/** The last run over a data set. */
function LastRun({ datasetId, userId }: { datasetId: string; userId: string }) {
  const { data } = useQuery(recentRunsQuery(datasetId, userId, 1));
  const run = data?.content[0];
  return (
    <p className="quiet small dataset-last">
      {data && !run && words.neverRun}
      {run && (
        <>
          <Link to="/tests/runs/$id" params={{ id: run.id }} className="row-action">
            {words.lastRun}
          </Link>
          <RunOutcome run={run} />
          <time dateTime={run.createdAt} title={exactTime(run.createdAt)}>
            {timeAgo(run.createdAt)}
          </time>
        </>
      )}
    </p>
  );
}
