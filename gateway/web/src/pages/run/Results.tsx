import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import type { EvaluationRun, EvaluationRunComparison } from '../../api/types';
import { comparisonQuery, recentRunsQuery, runQuery } from '../../evaluation/queries';
import { Failure } from '../../ui/Failure';
import { testWords } from '../../words/tests';
import { CellDialog } from './CellDialog';
import { failedRowsQuery } from './cells';
import { CompareBar } from './CompareBar';
import { ResultGrid } from './ResultGrid';
import { changesOf, rowsToShow } from './rows';
import { nameOfPlace, placeOf, type CellPlace, type RunSearch } from './search';
import type { TargetChange } from './TargetHead';
import { isOver } from './useFollowRun';

const words = testWords.run;
const route = getRouteApi('/tests/runs/$id');

const NO_ROWS: readonly number[] = [];

/** The results of a run beside those of an earlier one: the run before over the same data set, if no other is chosen. */
export function Results({ run, userId }: { run: EvaluationRun; userId: string }) {
  const search = route.useSearch();
  const navigate = useNavigate();
  const recent = useQuery(recentRunsQuery(run.datasetId, userId));
  const others = (recent.data?.content ?? []).filter((other) => other.id !== run.id);
  const before = others.find((other) => other.createdAt < run.createdAt)?.id;
  const to = search.to === 'none' ? undefined : (search.to ?? before);
  const hasEnded = isOver(run);
  // While it runs the rows keep their order.
  const isCompared = hasEnded && to !== undefined;
  const comparison = useQuery({ ...comparisonQuery(run.id, to ?? '', userId), enabled: isCompared, placeholderData: keepPreviousData });
  const earlier = useQuery({ ...runQuery(to ?? '', userId), enabled: to !== undefined });
  const failed = useQuery({ ...failedRowsQuery(run.id, userId), enabled: search.show === 'failed' });
  const found = to === undefined ? undefined : comparison.data;

  const changes = useMemo(() => changesOf(found), [found]);
  const count = run.progress.total / Math.max(1, run.targets.length);
  const rows = useMemo(() => rowsToShow(search.show, count, found, failed.data ?? NO_ROWS), [search.show, count, found, failed.data]);
  const targetChanges = useMemo(() => targetChangesOf(found, earlier.data), [found, earlier.data]);
  const change = useCallback(
    (next: Partial<RunSearch>) => void navigate({ to: '/tests/runs/$id', params: { id: run.id }, search: { ...search, ...next }, replace: true, resetScroll: false }),
    [navigate, run.id, search],
  );
  const open = useCallback((place: CellPlace) => change({ cell: nameOfPlace(place) }), [change]);
  const place = search.cell === undefined ? undefined : placeOf(search.cell);
  const error = comparison.error ?? failed.error;
  // Rows that were in another order a moment before would be lost to the eye.
  const isOrdered = !hasEnded || search.to === 'none' || (!recent.isPending && !(isCompared && comparison.isPending));
  const isWaiting = !error && (!isOrdered || (search.show === 'failed' && failed.isPending));
  return (
    <section className="evaluation-section" aria-label={words.grid}>
      <CompareBar run={run} others={others} to={to} isLoaded={!recent.isPending} comparison={found} show={search.show} onChange={change} />
      {error && <Failure error={error} onRetry={() => void Promise.all([comparison.refetch(), search.show === 'failed' && failed.refetch()])} />}
      {isWaiting && <div className="skeleton evaluation-skeleton" aria-hidden="true" />}
      {rows.length === 0 && !isWaiting && !error && <p className="empty">{words.noneShown}</p>}
      {rows.length > 0 && !isWaiting && <ResultGrid run={run} userId={userId} rows={rows} changes={changes} targetChanges={targetChanges} onOpen={open} />}
      {place && run.targets[place.target] && (
        <CellDialog
          run={run}
          userId={userId}
          place={place}
          earlier={earlierPlace(found, place)}
          rows={rows}
          onMove={(row) => open({ ...place, row })}
          onClose={() => change({ cell: undefined })}
        />
      )}
    </section>
  );
}

function targetChangesOf(comparison: EvaluationRunComparison | undefined, earlier: EvaluationRun | undefined): Map<number, TargetChange> {
  const entries = comparison?.targets.map(({ index, toIndex, regressed, improved }) => {
    const passRate = earlier?.targets[toIndex]?.passRate ?? null;
    return [index, { regressed: regressed.length, improved: improved.length, passRate }] as const;
  });
  return new Map(entries);
}

/** Returns where the other run has the same row on the same model. */
function earlierPlace(comparison: EvaluationRunComparison | undefined, place: CellPlace): { runId: string; place: CellPlace } | null {
  const target = comparison?.targets.find(({ index }) => index === place.target);
  return comparison && target ? { runId: comparison.to, place: { row: place.row, target: target.toIndex } } : null;
}
