import { queryOptions } from '@tanstack/react-query';
import { analyticsApi, call } from '../../api/client';
import { askAgain } from '../../api/queryClient';
import type { Period } from '../../statistics/period';
import { FIGURES } from '../../statistics/queries';
import type { StatisticsSearch } from './search';

/** Milliseconds between two questions while no stream brings the figures. */
const POLL = 15_000;

/** The figures of now; a stream brings newer ones where there is one. */
export function statsQuery(isStreamed: boolean) {
  return queryOptions({
    queryKey: ['analytics', 'stats'],
    queryFn: ({ signal }) => call(analyticsApi.GET('/analytics/stats', { signal })),
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
