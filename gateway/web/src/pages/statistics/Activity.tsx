import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { fullCount, shortCount } from '../../format';
import { clockTime, dayInZone, hourInZone } from '../../statistics/format';
import type { Period } from '../../statistics/period';
import { Chart } from '../../ui/chart/Chart';
import { Failure } from '../../ui/Failure';
import { useFailure } from '../../ui/useFailure';
import { statisticsWords } from '../../words/statistics';
import { seriesQuery } from './queries';
import { INTERVALS, METRICS, type StatisticsSearch } from './search';

const words = statisticsWords.activity;

/** The hours up to which a chart names hours and not days. */
const HOURS = 48;

interface ActivityProps {
  search: StatisticsSearch;
  period: Period;
  onChange: (change: StatisticsSearch) => void;
}

/** A figure of the whole platform over time. */
export function Activity({ search, period, onChange }: ActivityProps) {
  const query = useQuery(seriesQuery(search, period));
  const failure = useFailure(query);
  const points = useMemo(() => query.data?.points.map(({ start, value }) => ({ at: start, value })) ?? [], [query.data]);
  const { metric, interval, tz } = query.data ?? { metric: 'views', interval: 'day', tz: period.tz };
  const nameOf = interval === 'day' ? dayInZone : hourInZone;
  // Of many hours the days are what tells them apart.
  const shortNameOf = points.length > HOURS ? dayInZone : nameOf;
  return (
    <section className="statistics-section" aria-labelledby="statistics-activity">
      <h2 id="statistics-activity">{words.title}</h2>
      <Choices search={search} onChange={onChange} />
      {failure !== null && <Failure error={failure} onRetry={() => void query.refetch()} />}
      {query.isPending && failure === null && <div className="skeleton statistics-chart-skeleton" aria-hidden="true" />}
      {query.data && (
        <Chart
          title={words.metrics[metric]}
          points={points}
          columns={[words.columns[interval], words.metrics[metric]]}
          shortName={(start) => shortNameOf(start, tz, 'short')}
          fullName={(start) => nameOf(start, tz, 'full')}
          shortValue={shortCount}
          fullValue={fullCount}
          note={statisticsWords.asOf(tz, clockTime(query.dataUpdatedAt))}
        />
      )}
    </section>
  );
}

function Choices({ search: { metric = 'views', interval = 'day' }, onChange }: Omit<ActivityProps, 'period'>) {
  return (
    <div className="figure-filters">
      <label>
        <span>{words.metric}</span>
        <select className="input" value={metric} onChange={(event) => onChange({ metric: METRICS.find((known) => known === event.currentTarget.value) })}>
          {METRICS.map((known) => (
            <option key={known} value={known}>
              {words.metrics[known]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{words.interval}</span>
        <select className="input" value={interval} onChange={(event) => onChange({ interval: INTERVALS.find((known) => known === event.currentTarget.value) })}>
          {INTERVALS.map((known) => (
            <option key={known} value={known}>
              {words.intervals[known]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
