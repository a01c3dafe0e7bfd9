import { readPeriod, type PeriodSearch } from '../../statistics/search';

export const METRICS = ['views', 'registrations', 'prompts'] as const;
export const INTERVALS = ['day', 'hour'] as const;
/** The days that what is trending can be looked at over. */
export const TRENDING_DAYS = [1, 7, 30, 90] as const;

/** What an address says about which figures are shown. */
export interface StatisticsSearch extends PeriodSearch {
  metric?: (typeof METRICS)[number] | undefined;
  interval?: (typeof INTERVALS)[number] | undefined;
  /** Of what is trending. */
  days?: (typeof TRENDING_DAYS)[number] | undefined;
  category?: string | undefined;
}

/** Reads the search of an address; what makes no sense is left out. */
export function readStatisticsSearch(search: Record<string, unknown>): StatisticsSearch {
  const category = search['category'];
  return {
    ...readPeriod(search),
    metric: METRICS.find((metric) => metric === search['metric']),
    interval: INTERVALS.find((interval) => interval === search['interval']),
    days: TRENDING_DAYS.find((days) => days === search['days']),
    category: typeof category === 'string' && category !== '' ? category : undefined,
  };
}
