import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { fullCount } from '../../format';
import { askToSignIn } from '../../session/signInRequest';
import { useSession } from '../../session/useSession';
import type { Period } from '../../statistics/period';
import { authorQuery } from '../../statistics/queries';
import { ViewsChart } from '../../statistics/ViewsChart';
import { Failure } from '../../ui/Failure';
import { FiguresTable } from '../../ui/FiguresTable';
import { Tiles } from '../../ui/Tiles';
import { useFailure } from '../../ui/useFailure';
import { accountWords } from '../../words/account';
import { statisticsWords } from '../../words/statistics';

const words = statisticsWords.own;

/** How the reader's own prompts do. */
export function OwnPrompts({ period }: { period: Period }) {
  const { status, user } = useSession();
  return (
    <section className="statistics-section" aria-labelledby="statistics-own">
      <h2 id="statistics-own">{words.title}</h2>
      {status === 'unknown' && <div className="skeleton statistics-chart-skeleton" aria-hidden="true" />}
      {status === 'signed-out' && (
        <div className="form-row">
          <p className="quiet">{words.signIn}</p>
          <button type="button" className="button" onClick={() => void askToSignIn()}>
            {accountWords.signIn}
          </button>
        </div>
      )}
      {user && <Figures key={user.id} userId={user.id} period={period} />}
    </section>
  );
}

function Figures({ userId, period }: { userId: string; period: Period }) {
  const query = useQuery(authorQuery(userId, period));
  const failure = useFailure(query);
  if (failure !== null) return <Failure error={failure} onRetry={() => void query.refetch()} />;
  if (!query.data) return <div className="skeleton statistics-chart-skeleton" aria-hidden="true" />;
  const { views, uniqueViewers, prompts, series, zone, topPrompts, incomplete } = query.data;
  const rows = topPrompts.map((prompt) => ({
    key: prompt.promptId,
    name: (
      <Link to="/p/$id" params={{ id: prompt.promptId }} search={{ tab: 'views' }}>
        <bdi>{prompt.title}</bdi>
      </Link>
    ),
    cells: [fullCount(prompt.views), fullCount(prompt.uniqueViewers)],
  }));
  return (
    <>
      <Tiles
        items={[
          { name: statisticsWords.views.views, value: fullCount(views), isMain: true },
          { name: statisticsWords.views.viewers, value: fullCount(uniqueViewers) },
          { name: words.prompts, value: fullCount(prompts) },
        ]}
      />
      <p className="small quiet">{statisticsWords.views.note}</p>
      <ViewsChart days={series} zone={zone} asOf={query.dataUpdatedAt} />
      {rows.length > 0 && (
        <>
          <h3>{words.top}</h3>
          <FiguresTable label={words.top} columns={words.topColumns} rows={rows} />
        </>
      )}
      {incomplete && <p className="small quiet">{words.incomplete}</p>}
    </>
  );
}
