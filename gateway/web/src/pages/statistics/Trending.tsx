import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { TrendingPrompt } from '../../api/types';
import { fullCount } from '../../format';
import { Failure } from '../../ui/Failure';
import { FiguresTable } from '../../ui/FiguresTable';
import { useFailure } from '../../ui/useFailure';
import { statisticsWords } from '../../words/statistics';
import { categoriesQuery } from '../explore/queries';
import { trendingQuery } from './queries';
import { TRENDING_DAYS, type StatisticsSearch } from './search';

const words = statisticsWords.trending;

interface TrendingProps {
  search: StatisticsSearch;
  onChange: (change: StatisticsSearch) => void;
}

/** What is viewed most, of all prompts or of a category. */
export function Trending({ search, onChange }: TrendingProps) {
  const query = useQuery(trendingQuery(search));
  const failure = useFailure(query);
  const prompts = query.data?.trending ?? [];
  const rows = prompts.map((prompt) => ({
    key: prompt.promptId,
    name: <PromptName prompt={prompt} />,
    cells: [fullCount(prompt.views), fullCount(prompt.uniqueViewers)],
  }));
  return (
    <section className="statistics-section" aria-labelledby="statistics-trending">
      <h2 id="statistics-trending">{words.title}</h2>
      <Choices search={search} onChange={onChange} />
      {failure !== null && <Failure error={failure} onRetry={() => void query.refetch()} />}
      {query.isPending && failure === null && <div className="skeleton statistics-chart-skeleton" aria-hidden="true" />}
      {query.isSuccess && rows.length === 0 && <p className="quiet">{words.empty}</p>}
      {rows.length > 0 && <FiguresTable label={words.title} columns={words.columns} rows={rows} />}
    </section>
  );
}

function PromptName({ prompt: { promptId, title, username, category } }: { prompt: TrendingPrompt }) {
  return (
    <>
      <Link to="/p/$id" params={{ id: promptId }}>
        <bdi>{title ?? words.unnamed}</bdi>
      </Link>
      <span className="trending-meta small quiet">
        {username && (
          <span>
            {words.by}{' '}
            <Link to="/u/$name" params={{ name: username }}>
              <bdi>{username}</bdi>
            </Link>
          </span>
        )}
        {category && <span>{category}</span>}
      </span>
    </>
  );
}

function Choices({ search: { days = 7, category }, onChange }: TrendingProps) {
  const categories = useQuery(categoriesQuery);
  const known = categories.data?.content.map(({ name }) => name) ?? [];
  const names = category === undefined || known.includes(category) ? known : [category, ...known];
  return (
    <div className="figure-filters">
      <label>
        <span>{words.days}</span>
        <select className="input" value={days} onChange={(event) => onChange({ days: TRENDING_DAYS.find((value) => String(value) === event.currentTarget.value) })}>
          {TRENDING_DAYS.map((value) => (
            <option key={value} value={value}>
              {words.ranges[value]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{words.category}</span>
        <select className="input" value={category ?? ''} onChange={(event) => onChange({ category: event.currentTarget.value || undefined })}>
          <option value="">{words.anyCategory}</option>
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
