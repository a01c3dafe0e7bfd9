import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { isProblem } from '../../api/problem';
import type { Dataset } from '../../api/types';
import { NotFoundPage } from '../../app/ErrorPage';
import { datasetQuery, datasetRunsQuery } from '../../evaluation/queries';
import { RunRow } from '../../evaluation/RunRow';
import { SignedIn } from '../../evaluation/SignedIn';
import { exactTime, fullCount, timeAgo } from '../../format';
import { Failure } from '../../ui/Failure';
import { Icon } from '../../ui/Icon';
import { ListView } from '../../ui/ListView';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { useFailure } from '../../ui/useFailure';
import { testWords } from '../../words/tests';
import { DeleteDialog } from './DeleteDialog';
import { StoredRows } from './StoredRows';

const words = testWords.dataset;
const route = getRouteApi('/tests/data/$id');

/** A data set: what was run over it, and its rows. */
export function DatasetPage() {
  const { id } = route.useParams();
  return <SignedIn title={testWords.list.datasets}>{(userId) => <DatasetView id={id} userId={userId} />}</SignedIn>;
}

function DatasetView({ id, userId }: { id: string; userId: string }) {
  const dataset = useQuery(datasetQuery(id, userId));
  const failure = useFailure(dataset);
  useDocumentTitle(dataset.data?.name);
  if (isProblem(failure, 404, 400)) return <NotFoundPage />;
  return (
    <main id="content" className="page evaluation">
      {failure !== null && <Failure error={failure} onRetry={() => void dataset.refetch()} />}
      {dataset.isPending && failure === null && <div className="skeleton evaluation-skeleton" aria-hidden="true" />}
      {dataset.data && <Found dataset={dataset.data} userId={userId} />}
    </main>
  );
}

function Found({ dataset, userId }: { dataset: Dataset; userId: string }) {
  const [isDeleting, setDeleting] = useState(false);
  const runs = useInfiniteQuery(datasetRunsQuery(dataset.id, userId));
  return (
    <>
      <header className="bar">
        <div>
          <h1>
            <bdi>{dataset.name}</bdi>
          </h1>
          <p className="quiet small dataset-facts">
            <span>{testWords.list.rows(dataset.rowCount, fullCount(dataset.rowCount))}</span>
            <time dateTime={dataset.createdAt} title={exactTime(dataset.createdAt)}>
              {testWords.list.created(timeAgo(dataset.createdAt))}
            </time>
          </p>
        </div>
        <div className="form-row">
          <Link to="/tests/data/$id/run" params={{ id: dataset.id }} className="button primary">
            <Icon name="run" />
            {words.run}
          </Link>
          <button type="button" className="button danger" onClick={() => setDeleting(true)}>
            {words.remove}
          </button>
        </div>
      </header>
      <section className="evaluation-section">
        <h2>{testWords.runs.label}</h2>
        <ListView
          query={runs}
          label={testWords.runs.label}
          className="run-list"
          Row={RunRow}
          empty={
            <p className="quiet">
              {testWords.runs.empty}. {testWords.runs.emptyHint}
            </p>
          }
        />
      </section>
      <StoredRows dataset={dataset} userId={userId} />
      {isDeleting && <DeleteDialog dataset={dataset} userId={userId} onClose={() => setDeleting(false)} />}
    </>
  );
}
