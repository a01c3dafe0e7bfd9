import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call, promptApi } from '../../api/client';
import type { Page, Prompt, SearchHit } from '../../api/types';
import type { ExploreSearch, Sort } from './search';

/** A prompt of a list; found by a search, it says where. */
export type ListedPrompt = Prompt & Partial<Pick<SearchHit, 'highlight'>>;

/** The number of prompts that are loaded at once. */
const PAGE_SIZE = 24;

const SORT_FIELDS = {
  new: 'createdAt',
  rated: 'averageRating',
  liked: 'likesCount',
  used: 'usageCount',
  viewed: 'viewsCount',
  updated: 'updatedAt',
} as const satisfies Record<Exclude<Sort, 'trending'>, string>;

type Paging = { size: number; cursor?: string };

/** Returns the filters that are set. */
function given<T extends object>(filters: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** Asks the list that the filters name: the API has one per filter. */
function fetchPage(search: ExploreSearch, cursor: string | undefined, signal: AbortSignal): Promise<Page<ListedPrompt>> {
  const paging: Paging = { size: PAGE_SIZE, ...(cursor !== undefined && { cursor }) };
  const { q, category, tag, author, language, sort } = search;
  if (q !== undefined) {
    const query = { ...paging, keyword: q, ...given({ category, tag, author, language }) };
    return call(promptApi.GET('/prompts/search', { params: { query }, signal }));
  }
  const sorted = { ...paging, sortBy: SORT_FIELDS[sort === undefined || sort === 'trending' ? 'new' : sort] };
  if (category !== undefined) {
    return call(promptApi.GET('/prompts/category/{category}', { params: { path: { category }, query: sorted }, signal }));
  }
  if (tag !== undefined) return call(promptApi.GET('/prompts/tag/{tag}', { params: { path: { tag }, query: sorted }, signal }));
  if (sort === undefined || sort === 'trending') return call(promptApi.GET('/prompts/trending', { params: { query: paging }, signal }));
  return call(promptApi.GET('/prompts/public', { params: { query: sorted }, signal }));
}

/**
 * The prompts that the filters name. The filters are the key: an answer to older ones lands in its own
 * place and never replaces the newer, and other filters begin at their first page.
 */
export function promptsQuery(search: ExploreSearch, viewer: string | null | undefined) {
  return infiniteQueryOptions({
    queryKey: ['prompts', 'explore', viewer, search],
    queryFn: ({ pageParam, signal }) => fetchPage(search, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    // The list before stays, dimmed, until the new one is there: nothing jumps while one types.
    placeholderData: keepPreviousData,
    enabled: viewer !== undefined,
  });
}

/** The categories, most used first. */
export const categoriesQuery = queryOptions({
  queryKey: ['categories'],
  queryFn: ({ signal }) => call(promptApi.GET('/prompts/categories', { params: { query: { size: 40 } }, signal })),
  staleTime: 300_000,
});

/** The tags that are used most. */
export const tagsQuery = queryOptions({
  queryKey: ['tags'],
  queryFn: ({ signal }) => call(promptApi.GET('/prompts/tags', { params: { query: { size: 30 } }, signal })),
  staleTime: 300_000,
});
