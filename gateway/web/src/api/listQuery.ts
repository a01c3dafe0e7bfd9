import { infiniteQueryOptions, keepPreviousData, type QueryKey } from '@tanstack/react-query';
import type { Page } from './types';

/** What the API takes to choose a page. */
export interface Paging {
  size: number;
  cursor?: string;
}

/** Makes the query of a list that grows page by page; what it depends on stands in its key. */
export function listQuery<T>(queryKey: QueryKey, size: number, fetchPage: (paging: Paging, signal: AbortSignal) => Promise<Page<T>>) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => fetchPage({ size, ...(pageParam !== undefined && { cursor: pageParam }) }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}
