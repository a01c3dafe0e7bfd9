import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { PeriodBar } from '../../statistics/PeriodBar';
import { periodOf } from '../../statistics/period';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { statisticsWords as words } from '../../words/statistics';
import { Activity } from './Activity';
import { LiveFigures } from './LiveFigures';
import { OwnPrompts } from './OwnPrompts';
import type { StatisticsSearch } from './search';
import { Trending } from './Trending';
import './statistics.css';

const route = getRouteApi('/statistics');

/** What happens on the platform now and over time, what is viewed most, and how one's own prompts do. */
export function StatisticsPage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const [now] = useState(() => Date.now());
  useDocumentTitle(words.title);
  const period = periodOf(search, now);
  const change = (next: StatisticsSearch) => void navigate({ to: '/statistics', search: { ...search, ...next }, resetScroll: false, replace: true });
  return (
    <main id="content" className="page statistics">
      <h1>{words.title}</h1>
      <LiveFigures />
      {/* What is chosen anew replaces all of it: days that were chosen do not stay beside a range. */}
      <PeriodBar search={search} onChange={(next) => change({ range: undefined, since: undefined, until: undefined, ...next })} />
      <OwnPrompts period={period} />
      <Activity search={search} period={period} onChange={change} />
      <Trending search={search} onChange={change} />
    </main>
  );
}
