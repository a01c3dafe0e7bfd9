import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Stats } from '../../api/types';
import { fullCount } from '../../format';
import { clockTime } from '../../statistics/format';
import { Failure } from '../../ui/Failure';
import { Tiles } from '../../ui/Tiles';
import { useFailure } from '../../ui/useFailure';
import { statisticsWords } from '../../words/statistics';
import { followStats, type LiveState } from './live';
import { statsQuery, takeStats } from './queries';

const words = statisticsWords.live;

const SHOWN = [
  'promptViewsLast24h',
  'promptViewsLast7d',
  'promptsCreatedLast24h',
  'promptsCreatedLast7d',
  'newUsersLast24h',
  'newUsersLast7d',
] as const satisfies readonly (keyof Stats)[];

/** What happens on the platform, while it happens. */
export function LiveFigures() {
  const state = useLiveState();
  const query = useQuery(statsQuery(state === 'live' || state === 'connecting'));
  const failure = useFailure(query);
  const stats = query.data;
  return (
    <section className="statistics-section" aria-labelledby="statistics-live">
      <div className="bar">
        <h2 id="statistics-live">{words.title}</h2>
        {/* Only the state is said by screen readers: the figures may change each second. */}
        <p className="small quiet" role="status">
          {describe(state, stats && query.dataUpdatedAt)}
        </p>
      </div>
      {failure !== null && <Failure error={failure} onRetry={() => void query.refetch()} />}
      {!stats && failure === null && <div className="skeleton statistics-tiles-skeleton" aria-hidden="true" />}
      {stats && <Tiles items={SHOWN.map((name) => ({ name: words.figures[name], value: fullCount(stats[name]) }))} />}
    </section>
  );
}

/** Follows the figures into the query's cache, and returns whether they still come. */
function useLiveState(): LiveState {
  const [state, setState] = useState<LiveState>('connecting');
  useEffect(() => {
    const controller = new AbortController();
    const follow = followStats(controller.signal, ({ state: next, stats }) => {
      if (controller.signal.aborted) return;
      setState(next);
      if (stats !== undefined) takeStats(stats);
    });
    // A stream that is refused for good is done without: the figures are asked for.
    follow.catch(() => setState('polled'));
    return () => controller.abort();
  }, []);
  return state;
}

function describe(state: LiveState, asOf: number | undefined): string {
  if (state === 'live') return words.live;
  if (asOf === undefined) return state === 'cut-off' ? words.cutOffAtFirst : words.connecting;
  const time = clockTime(asOf);
  if (state === 'cut-off') return words.cutOff(time);
  return state === 'polled' ? words.polled(time) : words.connecting;
}
