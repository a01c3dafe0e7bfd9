import { queryOptions } from '@tanstack/react-query';
import { call, testApi } from '../api/client';
import { listQuery } from '../api/listQuery';
import type { Cell } from '../api/types';

/** The data sets of the reader, newest first. */
export function datasetsQuery(userId: string) {
  return listQuery(['datasets', userId], 20, (paging, signal) => call(testApi.GET('/api/tests/datasets', { params: { query: paging }, signal })));
}

/** A data set without its rows. */
export function datasetQuery(id: string, userId: string) {
  return queryOptions({
    queryKey: ['dataset', id, userId],
    queryFn: ({ signal }) => call(testApi.GET('/api/tests/datasets/{id}', { params: { path: { id }, query: { size: 1 } }, signal })),
  });
}

/** The rows of a data set, in order. */
export function datasetRowsQuery(id: string, userId: string) {
  return listQuery(['dataset', id, userId, 'rows'], 50, async (paging, signal) => {
    const dataset = await call(testApi.GET('/api/tests/datasets/{id}', { params: { path: { id }, query: paging }, signal }));
    return dataset.rows;
  });
}

/** The runs over a data set, newest first. */
export function datasetRunsQuery(id: string, userId: string) {
  return listQuery(['dataset', id, userId, 'runs'], 20, (paging, signal) =>
    call(testApi.GET('/api/tests/datasets/{id}/runs', { params: { path: { id }, query: paging }, signal })),
  );
}

/** The last runs over a data set: as many as one chooses from. */
export function recentRunsQuery(id: string, userId: string) {
  return queryOptions({
    queryKey: ['dataset', id, userId, 'recent-runs'],
    queryFn: ({ signal }) => call(testApi.GET('/api/tests/datasets/{id}/runs', { params: { path: { id }, query: { size: 50 } }, signal })),
  });
}

/** The runs of the reader over all data sets, or those of one prompt, newest first. */
export function runsQuery(userId: string, promptId?: string) {
  return listQuery(['runs', userId, promptId], 5, (paging, signal) =>
    call(testApi.GET('/api/tests/runs', { params: { query: { ...paging, ...(promptId !== undefined && { promptId }) } }, signal })),
  );
}

/** A run: how far it is, and how each model does. */
export function runQuery(id: string, userId: string) {
  return queryOptions({
    queryKey: ['run', id, userId],
    queryFn: ({ signal }) => call(testApi.GET('/api/tests/runs/{id}', { params: { path: { id } }, signal })),
  });
}

/** What became better and what worse since an earlier run. */
export function comparisonQuery(id: string, to: string, userId: string) {
  return queryOptions({
    queryKey: ['run', id, userId, 'compared', to],
    queryFn: ({ signal }) => call(testApi.GET('/api/tests/runs/{id}/compare', { params: { path: { id }, query: { to } }, signal })),
  });
}

/** Finds the cell of a row on a model. */
export async function findCell(runId: string, row: number, target: number, signal: AbortSignal): Promise<Cell | null> {
  const query = { target, page: row - 1, size: 1 };
  const page = await call(testApi.GET('/api/tests/runs/{id}/results', { params: { path: { id: runId }, query }, signal }));
  return page.content[0] ?? null;
}
