import { Link, useNavigate } from '@tanstack/react-router';
import { fullCount } from '../../format';
import { Icon } from '../../ui/Icon';
import { words } from '../../words/en';
import { SearchFilters } from './SearchFilters';
import { SORTS, type ExploreSearch } from './search';

/** What is shown and in which order, each filter with a way to take it off. */
export function Toolbar({ search, total }: { search: ExploreSearch; total: number | undefined }) {
  const navigate = useNavigate();
  return (
    <div className="explore-toolbar">
      <p className="explore-total quiet small" aria-hidden="true">
        {total !== undefined && words.explore.found(total, fullCount(total))}
      </p>
      <FilterChip name="category" value={search.category} search={search} />
      <FilterChip name="tag" value={search.tag} search={search} />
      <FilterChip name="author" value={search.author} search={search} />
      {search.q === undefined ? (
        <label className="explore-sort">
          <span>{words.explore.sort}</span>
          <select
            className="input"
            value={search.sort ?? defaultSort(search)}
            onChange={(event) => {
              const sort = SORTS.find((name) => name === event.currentTarget.value);
              void navigate({ to: '/explore', search: { ...search, sort } });
            }}
          >
            {SORTS.filter((name) => name !== 'trending' || defaultSort(search) === 'trending').map((name) => (
              <option key={name} value={name}>
                {words.explore.sorts[name]}
              </option>
            ))}
          </select>
        </label>
      ) : (
        <SearchFilters search={search} />
      )}
    </div>
  );
}

/** Within a category or a tag there is no trend. */
function defaultSort(search: ExploreSearch): 'trending' | 'new' {
  return search.category === undefined && search.tag === undefined ? 'trending' : 'new';
}

const CHIP_LABELS = {
  category: (name: string) => name,
  tag: (name: string) => `#${name}`,
  author: (name: string) => words.explore.byAuthor(name),
};

function FilterChip({ name, value, search }: { name: keyof typeof CHIP_LABELS; value: string | undefined; search: ExploreSearch }) {
  if (value === undefined) return null;
  const label = CHIP_LABELS[name](value);
  return (
    <Link to="/explore" search={{ ...search, [name]: undefined }} className="tag filter-chip" aria-label={words.explore.remove(label)}>
      <bdi>{label}</bdi>
      <Icon name="close" />
    </Link>
  );
}
