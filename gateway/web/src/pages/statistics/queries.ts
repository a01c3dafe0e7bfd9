import { queryOptions } from '@tanstack/react-query';
import { analyticsApi, call } from '../../api/client';
import { askAgain, queryClient } from '../../api/queryClient';
import type { Stats } from '../../api/types';
import type { Period } from '../../statistics/period';
import { FIGURES } from '../../statistics/queries';
import type { StatisticsSearch } from './search';

/** Milliseconds between two questions while no stream brings the figures. */
const POLL = 15_000;

const STATS = ['analytics', 'stats'];

/** Takes figures that a stream brought. */
export function takeStats(stats: Stats): void {
  queryClient.setQueryData(STATS, stats);
}

/** The figures of now; a stream brings newer ones where there is one. */
export function statsQuery(isStreamed: boolean) {
  return queryOptions({
    queryKey: STATS,
    queryFn: async ({ signal }) => {
      const asked = await call(analyticsApi.GET('/analytics/stats', { signal }));
      // The stream may have been quicker.
      const known = queryClient.getQueryData<Stats>(STATS);
      return known !== undefined && known.updatedAt > asked.updatedAt ? known : asked;
    },
    refetchInterval: askAgain(isStreamed ? false : POLL),
  });
}

/** A figure of the whole platform, by day or by hour. */
export function seriesQuery({ metric = 'views', interval = 'day' }: StatisticsSearch, period: Period) {
  return queryOptions({
    queryKey: ['analytics', 'series', metric, interval, period],
    queryFn: ({ signal }) => call(analyticsApi.GET('/analytics/timeseries', { params: { query: { metric, interval, ...period } }, signal })),
    ...FIGURES,
  });
}

/** What is viewed most. */
export function trendingQuery({ days = 7, category }: StatisticsSearch) {
  return queryOptions({
    queryKey: ['analytics', 'trending', days, category],
    queryFn: ({ signal }) => call(analyticsApi.GET('/analytics/trending', { params: { query: { days, limit: 10, ...(category !== undefined && { category }) } }, signal })),
    ...FIGURES,
  });
}
