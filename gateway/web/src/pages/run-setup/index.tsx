import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { isProblem } from '../../api/problem';
import type { Dataset } from '../../api/types';
import { NotFoundPage } from '../../app/ErrorPage';
import { datasetQuery, recentRunsQuery, runQuery } from '../../evaluation/queries';
import { SignedIn } from '../../evaluation/SignedIn';
import { Failure } from '../../ui/Failure';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { useFailure } from '../../ui/useFailure';
import { testWords } from '../../words/tests';
import { SetupForm } from './SetupForm';
import '../playground/playground.css';
import './run-setup.css';

const words = testWords.setup;
const route = getRouteApi('/tests/data/$id/run');

/** Sets up a run over a data set. */
export function RunSetupPage() {
  const { id } = route.useParams();
  useDocumentTitle(words.title);
  return <SignedIn title={words.title}>{(userId) => <Setup datasetId={id} userId={userId} />}</SignedIn>;
}

function Setup({ datasetId, userId }: { datasetId: string; userId: string }) {
  const dataset = useQuery(datasetQuery(datasetId, userId));
  const failure = useFailure(dataset);
  if (isProblem(failure, 404, 400)) return <NotFoundPage />;
  return (
    <main id="content" className="page evaluation run-setup">
      <h1>{words.title}</h1>
      {failure !== null && <Failure error={failure} onRetry={() => void dataset.refetch()} />}
      {dataset.isPending && failure === null && <div className="skeleton playground-skeleton" aria-hidden="true" />}
      {dataset.data && (
        <>
          <p className="quiet">
            {words.over}{' '}
            <Link to="/tests/data/$id" params={{ id: datasetId }}>
              <bdi>{dataset.data.name}</bdi>
            </Link>
          </p>
          <Prefilled dataset={dataset.data} userId={userId} />
        </>
      )}
    </main>
  );
}

/** Begins with the models and the assertions of the last run of the same prompt, so that the two can be compared. */
function Prefilled({ dataset, userId }: { dataset: Dataset; userId: string }) {
  const search = route.useSearch();
  const recent = useQuery({ ...recentRunsQuery(dataset.id, userId), enabled: search.from === undefined });
  const last = recent.data?.content.find((run) => search.prompt === undefined || run.promptId === search.prompt) ?? recent.data?.content[0];
  const earlier = search.from ?? last?.id;
  const run = useQuery({ ...runQuery(earlier ?? '', userId), enabled: earlier !== undefined });
  // Without the last run the form begins empty: it is a help, and no need.
  const isKnown = (search.from !== undefined || !recent.isPending) && (earlier === undefined || !run.isPending);
  if (!isKnown) return <div className="skeleton playground-skeleton" aria-hidden="true" />;
  return <SetupForm key={`${search.prompt ?? ''} ${earlier ?? ''}`} dataset={dataset} userId={userId} search={search} earlier={run.data ?? null} />;
}
