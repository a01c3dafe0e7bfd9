import { useNavigate } from '@tanstack/react-router';
import { nameOfLanguage } from '../../format';
import { words } from '../../words/en';
import { LANGUAGES, type ExploreSearch } from './search';

/** The filters that only a search has. An author who is set is a chip beside them. */
export function SearchFilters({ search }: { search: ExploreSearch }) {
  const navigate = useNavigate();
  const languages = LANGUAGES.map((code) => ({ code, name: nameOfLanguage(code) })).toSorted((a, b) => a.name.localeCompare(b.name));
  return (
    <div className="explore-sort search-filters">
      <span className="quiet">{words.explore.byRelevance}</span>
      {search.author === undefined && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const author = String(new FormData(event.currentTarget).get('author')).trim();
            if (author !== '') void navigate({ to: '/explore', search: { ...search, author } });
          }}
        >
          <input
            className="input"
            name="author"
            aria-label={words.explore.author}
            placeholder={words.explore.author}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={50}
          />
        </form>
      )}
      <select
        className="input"
        aria-label={words.explore.language}
        value={search.language ?? ''}
        onChange={(event) => {
          const language = LANGUAGES.find((code) => code === event.currentTarget.value);
          void navigate({ to: '/explore', search: { ...search, language } });
        }}
      >
        <option value="">{words.explore.anyLanguage}</option>
        {languages.map(({ code, name }) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
