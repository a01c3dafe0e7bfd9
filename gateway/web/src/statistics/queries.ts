import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { analyticsApi, call } from '../api/client';
import { askAgain } from '../api/queryClient';
import type { Period } from './period';

/** Milliseconds after which figures on an open page are asked for again. */
const INTERVAL = 60_000;

/** What all charts' queries have in common. What was there stays until the figures of another period are. */
export const FIGURES = { placeholderData: keepPreviousData, refetchInterval: askAgain(INTERVAL) };

/** How often what somebody wrote was viewed; its days are those of the zone that stands beside it. */
export function authorQuery(userId: string, period: Period) {
  return queryOptions({
    queryKey: ['analytics', 'author', userId, period],
    queryFn: async ({ signal }) => {
      const params = { path: { userId }, query: period };
      return { ...(await call(analyticsApi.GET('/analytics/users/{userId}', { params, signal }))), zone: period.tz };
    },
    ...FIGURES,
  });
}

/** How often a prompt was viewed. */
export function promptViewsQuery(promptId: string, period: Period) {
  return queryOptions({
    queryKey: ['analytics', 'prompt', promptId, period],
    queryFn: async ({ signal }) => {
      const params = { path: { promptId }, query: period };
      return { ...(await call(analyticsApi.GET('/analytics/prompts/{promptId}', { params, signal }))), zone: period.tz };
    },
    ...FIGURES,
  });
}
