import { useInfiniteQuery, type InfiniteData, type UseInfiniteQueryResult } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { Dataset, EvaluationRunSummary, Page } from '../../api/types';
import { datasetsQuery, runsQuery } from '../../evaluation/queries';
import { RunOverDatasetRow } from '../../evaluation/RunRow';
import { SignedIn } from '../../evaluation/SignedIn';
import { exactTime, fullCount, timeAgo } from '../../format';
import { Icon } from '../../ui/Icon';
import { ListView } from '../../ui/ListView';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { testWords } from '../../words/tests';
import { ChosenPrompt } from './ChosenPrompt';

const words = testWords.list;
const route = getRouteApi('/tests');

/** The latest runs of the reader, and their data sets. */
export function TestsPage() {
  useDocumentTitle(testWords.title);
  return <SignedIn title={testWords.title}>{(userId) => <Datasets userId={userId} />}</SignedIn>;
}

function Datasets({ userId }: { userId: string }) {
  const { prompt, version } = route.useSearch();
  const datasets = useInfiniteQuery(datasetsQuery(userId));
  const runs = useInfiniteQuery(runsQuery(userId, prompt));
  // Without an answer for the data sets there is mostly none for the runs: that is said once.
  const shownRuns = datasets.isSuccess && !(runs.isSuccess && runs.data.pages[0]?.content.length === 0) ? runs : undefined;
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
      {prompt === undefined && shownRuns && <Runs title={words.latestRuns} query={shownRuns} />}
      <section className="evaluation-section">
        <h2>{words.datasets}</h2>
        <ListView query={datasets} label={words.datasets} className="dataset-list" Row={DatasetRow} empty={<Empty />} />
      </section>
      {/* Who chooses a data set for a prompt comes for that first. */}
      {prompt !== undefined && shownRuns && <Runs title={words.promptRuns} query={shownRuns} />}
    </main>
  );
}

function Runs({ title, query }: { title: string; query: UseInfiniteQueryResult<InfiniteData<Page<EvaluationRunSummary>>> }) {
  return (
    <section className="evaluation-section">
      <h2>{title}</h2>
      <ListView query={query} label={title} className="run-list" Row={RunOverDatasetRow} empty={null} />
    </section>
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
  const { id, name } = dataset;
  return (
    <li className="dataset-row">
      <h3>
        <Link to="/tests/data/$id" params={{ id }} className="row-link">
          <bdi>{name}</bdi>
        </Link>
      </h3>
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
      <Link to="/tests/data/$id/run" params={{ id }} search={{ prompt, version }} className="button row-action" aria-label={words.runLabel(name)}>
        <Icon name="run" />
        {words.run}
      </Link>
    </li>
  );
}
