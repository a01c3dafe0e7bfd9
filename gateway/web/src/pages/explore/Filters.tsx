import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { NameCount, Page } from '../../api/types';
import { shortCount } from '../../format';
import { words } from '../../words/en';
import { categoriesQuery, tagsQuery } from './queries';
import type { ExploreSearch } from './search';

/** Categories and tags. Without a search the API filters by one of the two, so choosing one drops the other. */
export function Filters({ search }: { search: ExploreSearch }) {
  const categories = useQuery(categoriesQuery);
  const tags = useQuery(tagsQuery);
  const other = search.q === undefined ? { category: undefined, tag: undefined } : {};
  return (
    <details className="filters" open={globalThis.matchMedia('(min-width: 900px)').matches}>
      <summary className="button">{words.explore.filters}</summary>
      <nav aria-label={words.explore.filters}>
        <FilterList
          title={words.explore.categories}
          names={categories.data}
          selected={search.category}
          searchFor={(category) => ({ ...search, ...other, category })}
        />
        <FilterList
          title={words.explore.tags}
          names={tags.data}
          selected={search.tag}
          searchFor={(tag) => ({ ...search, ...other, tag })}
        />
      </nav>
    </details>
  );
}

interface FilterListProps {
  title: string;
  names: Page<NameCount> | undefined;
  selected: string | undefined;
  searchFor: (name: string | undefined) => ExploreSearch;
}

function FilterList({ title, names, selected, searchFor }: FilterListProps) {
  if (names?.content.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ul>
        {names?.content.map(({ name, count }) => {
          // The API takes names in any case.
          const isSelected = name.toLowerCase() === selected?.toLowerCase();
          return (
            <li key={name}>
              <Link to="/explore" search={searchFor(isSelected ? undefined : name)} aria-current={isSelected || undefined} activeOptions={{ exact: true, includeSearch: true }}>
                <bdi>{name}</bdi>
                <span className="quiet">{shortCount(count)}</span>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
