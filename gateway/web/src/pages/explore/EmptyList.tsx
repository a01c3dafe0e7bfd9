import { Link } from '@tanstack/react-router';
import { words } from '../../words/en';
import type { ExploreSearch } from './search';

/** Says that nothing was found, and what may help. */
export function EmptyList({ search }: { search: ExploreSearch }) {
  const isFiltered = [search.category, search.tag, search.author, search.language].some((filter) => filter !== undefined);
  return (
    <div className="empty">
      <h2>{search.q === undefined ? words.explore.empty : words.explore.nothingFound(search.q)}</h2>
      <p>{search.q === undefined ? words.explore.emptyHint : words.explore.nothingFoundHint}</p>
      {isFiltered && search.q !== undefined ? (
        <Link to="/explore" search={{ q: search.q }} className="button">
          {words.explore.searchEverywhere}
        </Link>
      ) : (
        <Link to="/new" className="button">
          {words.navigation.create}
        </Link>
      )}
    </div>
  );
}
