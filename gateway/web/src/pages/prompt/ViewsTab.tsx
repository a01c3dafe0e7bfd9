import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Prompt } from '../../api/types';
import { fullCount } from '../../format';
import { PeriodBar } from '../../statistics/PeriodBar';
import { periodOf } from '../../statistics/period';
import { promptViewsQuery } from '../../statistics/queries';
import { ViewsChart } from '../../statistics/ViewsChart';
import { Failure } from '../../ui/Failure';
import { Tiles } from '../../ui/Tiles';
import { useFailure } from '../../ui/useFailure';
import { statisticsWords } from '../../words/statistics';
import './views.css';

const words = statisticsWords.views;
const route = getRouteApi('/p/$id');

/** How often a prompt is viewed; for its author. */
export function ViewsTab({ prompt }: { prompt: Prompt }) {
  const search = route.useSearch();
  const navigate = useNavigate();
  const [now] = useState(() => Date.now());
  const query = useQuery(promptViewsQuery(prompt.id, periodOf(search, now)));
  const failure = useFailure(query);
  return (
    <section className="prompt-views" aria-label={words.views}>
      <PeriodBar
        search={search}
        onChange={({ range, since, until, zone }) =>
          void navigate({ to: '/p/$id', params: { id: prompt.id }, search: { ...search, range, since, until, zone }, resetScroll: false, replace: true })
        }
      />
      {failure !== null && <Failure error={failure} onRetry={() => void query.refetch()} />}
      {query.isPending && failure === null && <div className="skeleton prompt-skeleton" aria-hidden="true" />}
      {query.data && (
        <>
          <Tiles
            items={[
              { name: words.views, value: fullCount(query.data.views), isMain: true },
              { name: words.viewers, value: fullCount(query.data.uniqueViewers) },
            ]}
          />
          <p className="small quiet">{words.note}</p>
          <ViewsChart days={query.data.series} zone={query.data.zone} asOf={query.dataUpdatedAt} />
        </>
      )}
    </section>
  );
}
