import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { fullCount } from '../../format';
import { useViewer } from '../../session/useViewer';
import { Failure } from '../../ui/Failure';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { useFailure } from '../../ui/useFailure';
import { words } from '../../words/en';
import { EmptyList } from './EmptyList';
import './explore.css';
import { Filters } from './Filters';
import { PromptRow } from './PromptRow';
import { promptsQuery } from './queries';
import { readExploreSearch } from './search';
import { Toolbar } from './Toolbar';

/** Every public prompt: searched, filtered and sorted by what stands in the address. */
export function ExplorePage() {
  // The page is also the home of who is signed out, so it reads the search of either address.
  const search = readExploreSearch(useSearch({ strict: false }));
  const query = useInfiniteQuery(promptsQuery(search, useViewer()));
  const pages = query.data?.pages ?? [];
  const prompts = pages.flatMap((page) => page.content);
  const total = pages[0]?.totalElements ?? undefined;
  const failure = useFailure(query);
  const isOlder = query.isPlaceholderData;
  useDocumentTitle(search.q ?? search.category ?? search.tag ?? words.explore.title);

  return (
    <main id="content" className="page explore">
      <h1 className="visually-hidden">{words.explore.title}</h1>
      <Filters search={search} />
      <div className="explore-main">
        <Toolbar search={search} total={isOlder ? undefined : total} />
        <p className="visually-hidden" role="status">
          {query.isSuccess && !isOlder && total !== undefined && words.explore.found(total, fullCount(total))}
        </p>
        {query.isPending && failure === null && <Skeletons />}
        {failure !== null && pages.length === 0 && <Failure error={failure} onRetry={() => void query.refetch()} />}
        {query.isSuccess && prompts.length === 0 && <EmptyList search={search} />}
        <ul className="prompt-list" aria-busy={isOlder} aria-label={words.explore.title}>
          {prompts.map((prompt) => (
            <PromptRow key={prompt.id} prompt={prompt} />
          ))}
        </ul>
        {query.isFetchNextPageError && <Failure error={query.error} onRetry={() => void query.fetchNextPage()} />}
        {query.hasNextPage && !isOlder && (
          <button
            type="button"
            className="button explore-more"
            aria-disabled={query.isFetchingNextPage}
            onClick={() => !query.isFetchingNextPage && void query.fetchNextPage()}
          >
            {query.isFetchingNextPage ? words.loading : words.explore.more}
          </button>
        )}
      </div>
    </main>
  );
}

/** As many rows as a screen has, each as high as a real one. */
function Skeletons() {
  return (
    <div className="prompt-list" aria-hidden="true">
      {Array.from({ length: 14 }, (_, index) => (
        <div key={index} className="prompt-row">
          <div className="skeleton prompt-row-skeleton" />
        </div>
      ))}
    </div>
  );
}
