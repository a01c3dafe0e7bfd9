import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ComponentType, ReactNode } from 'react';
import type { Page } from '../api/types';
import { words } from '../words/en';
import { Failure } from './Failure';

interface ListViewProps<T> {
  query: UseInfiniteQueryResult<InfiniteData<Page<T>>>;
  /** The name of the list. */
  label: string;
  className: string;
  /** Draws an item, in an `<li>`. */
  Row: ComponentType<{ item: T }>;
  /** Stands in for an empty list. */
  empty: ReactNode;
  /** Leaves out what does not pass. */
  filter?: (item: T) => boolean;
}

/** A list with its states: loading, empty, failed, and more to come. */
export function ListView<T extends { id: string }>({ query, label, className, Row, empty, filter }: ListViewProps<T>) {
  const loaded = query.data?.pages.flatMap((page) => page.content) ?? [];
  const items = filter ? loaded.filter(filter) : loaded;
  const isWhole = query.isSuccess && !query.hasNextPage && !query.isPlaceholderData;
  return (
    <>
      {query.isPending && !query.isError && <ListSkeleton className={className} />}
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {isWhole && items.length === 0 && empty}
      <ul className={className} aria-label={label} aria-busy={query.isPlaceholderData}>
        {items.map((item) => (
          <Row key={item.id} item={item} />
        ))}
      </ul>
      {query.hasNextPage && (
        <button
          type="button"
          className="button list-more"
          aria-disabled={query.isFetchingNextPage}
          onClick={() => !query.isFetchingNextPage && void query.fetchNextPage()}
        >
          {query.isFetchingNextPage ? words.loading : words.explore.more}
        </button>
      )}
    </>
  );
}

function ListSkeleton({ className }: { className: string }) {
  return (
    <div className={className} aria-hidden="true">
      {Array.from({ length: 6 }, (_, index) => (
        <div key={index} className="skeleton list-skeleton" />
      ))}
    </div>
  );
}
