import { useInfiniteQuery } from '@tanstack/react-query';
import type { Dataset } from '../../api/types';
import { datasetRowsQuery } from '../../evaluation/queries';
import { RowTable } from '../../evaluation/RowTable';
import { Failure } from '../../ui/Failure';
import { words as common } from '../../words/en';
import { testWords } from '../../words/tests';

const words = testWords.dataset;

/** The rows of a data set, more of them as they are asked for. */
export function StoredRows({ dataset, userId }: { dataset: Dataset; userId: string }) {
  const query = useInfiniteQuery(datasetRowsQuery(dataset.id, userId));
  const rows = query.data?.pages.flatMap((page) => page.content) ?? [];
  return (
    <section className="evaluation-section">
      <h2>{words.rows}</h2>
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && !query.isError && <div className="skeleton evaluation-skeleton" aria-hidden="true" />}
      {rows.length > 0 && <RowTable label={words.rows} variables={dataset.variables ?? []} rows={rows} />}
      {query.hasNextPage && (
        <button
          type="button"
          className="button list-more"
          aria-disabled={query.isFetchingNextPage}
          onClick={() => !query.isFetchingNextPage && void query.fetchNextPage()}
        >
          {query.isFetchingNextPage ? common.loading : words.more}
        </button>
      )}
    </section>
  );
}
