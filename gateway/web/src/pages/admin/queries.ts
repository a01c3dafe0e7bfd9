import { queryOptions, type InfiniteData } from '@tanstack/react-query';
import { analyticsApi, call, userApi } from '../../api/client';
import { fetchInTime } from '../../api/fetchInTime';
import { listQuery } from '../../api/listQuery';
import { noAnswer } from '../../api/problem';
import { queryClient } from '../../api/queryClient';
import type { Page, Replay, User, WholeDeadLetter } from '../../api/types';
import { checksOf, type HealthCheck } from '../../api/watchOutages';
import type { LettersSearch, PeopleSearch } from './search';

/** Milliseconds between two questions for what changes by itself; none is asked for by a tab that nobody sees. */
const REFRESH = 5_000;

const PEOPLE = ['admin', 'people'];

export function peopleQuery({ q, role, status }: PeopleSearch) {
  const filters = { ...(q !== undefined && { q }), ...(role !== undefined && { role }), ...(status !== undefined && { status }) };
  return listQuery([...PEOPLE, filters], 30, (paging, signal) => call(userApi.GET('/users', { params: { query: { ...filters, ...paging } }, signal })));
}

/**
 * Puts an account as it is now into the lists that have it, where it stays also when their filters do not take it
 * any more: its row says what was done. The lists are asked for anew when they are opened again.
 */
export function updatePerson(person: User): void {
  queryClient.setQueriesData<InfiniteData<Page<User>>>({ queryKey: PEOPLE }, (lists) =>
    lists && { ...lists, pages: lists.pages.map((page) => ({ ...page, content: page.content.map((one) => (one.id === person.id ? person : one)) })) },
  );
  void queryClient.invalidateQueries({ queryKey: PEOPLE, refetchType: 'none' });
}

export function lettersQuery({ topic, show }: LettersSearch) {
  const filters = { ...(topic !== undefined && { topic }), ...(show !== 'all' && { replayed: show === 'replayed' }) };
  return listQuery(['admin', 'letters', filters], 30, (paging, signal) =>
    call(analyticsApi.GET('/analytics/dead-letters', { params: { query: { ...filters, ...paging } }, signal })),
  );
}

export function letterQuery(id: string) {
  return queryOptions({
    queryKey: ['admin', 'letter', id],
    queryFn: ({ signal }) => call(analyticsApi.GET('/analytics/dead-letters/{id}', { params: { path: { id } }, signal })),
  });
}

/** Tries a letter again, and notes when its event was counted. */
export async function replayLetter(id: string): Promise<Replay> {
  const replay = await call(analyticsApi.POST('/analytics/dead-letters/{id}/replay', { params: { path: { id } } }));
  queryClient.setQueryData<WholeDeadLetter>(letterQuery(id).queryKey, (letter) => letter && { ...letter, replayedAt: replay.replayedAt ?? null });
  void queryClient.invalidateQueries({ queryKey: ['admin', 'letters'] });
  return replay;
}

export const pipelineQuery = queryOptions({
  queryKey: ['admin', 'pipeline'],
  queryFn: ({ signal }) => call(analyticsApi.GET('/analytics/pipeline', { signal })),
  refetchInterval: REFRESH,
  staleTime: 0,
});

/** The gateway's word on itself and on the services behind it. */
export const healthQuery = queryOptions({
  queryKey: ['admin', 'health'],
  queryFn: ({ signal }) => fetchHealth(signal),
  refetchInterval: REFRESH,
  staleTime: 0,
});

async function fetchHealth(signal: AbortSignal): Promise<{ isUp: boolean; checks: HealthCheck[] }> {
  const path = '/health/ready';
  try {
    // A 503 has the report, too.
    const response = await fetchInTime(new Request(new URL(path, location.origin), { signal }));
    return { isUp: response.ok, checks: checksOf(await response.json()) };
  } catch (error) {
    if (signal.aborted) throw error;
    throw noAnswer(path);
  }
}
