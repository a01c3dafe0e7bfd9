import { useMemo } from 'react';
import type { DayOfViews } from '../api/types';
import { fullCount, shortCount } from '../format';
import { Chart } from '../ui/chart/Chart';
import { statisticsWords as words } from '../words/statistics';
import { clockTime, dayInZone } from './format';

interface ViewsChartProps {
  days: readonly DayOfViews[];
  zone: string;
  /** When the figures were right, in milliseconds. */
  asOf: number;
}

/** Views by day, with how many different people they were in the table. */
export function ViewsChart({ days, zone, asOf }: ViewsChartProps) {
  const points = useMemo(() => days.map(({ start, views, uniqueViewers }) => ({ at: start, value: views, others: [fullCount(uniqueViewers)] })), [days]);
  return (
    <Chart
      title={words.views.byDay}
      points={points}
      columns={words.views.columns}
      shortName={(start) => dayInZone(start, zone, 'short')}
      fullName={(start) => dayInZone(start, zone, 'full')}
      shortValue={shortCount}
      fullValue={fullCount}
      note={words.asOf(zone, clockTime(asOf))}
    />
  );
}
