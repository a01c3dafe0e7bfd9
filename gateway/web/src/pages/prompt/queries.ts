import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call, marketplaceApi, promptApi } from '../../api/client';
import { queryClient } from '../../api/queryClient';

type Viewer = string | null | undefined;

/** A prompt as the viewer may see it: the newest version, or the one that is named. */
export function promptQuery(id: string, version: number | undefined, viewer: Viewer) {
  return queryOptions({
    queryKey: ['prompt', id, 'whole', viewer, version],
    queryFn: ({ signal }) =>
      call(promptApi.GET('/prompts/{id}', { params: { path: { id }, query: version === undefined ? {} : { version } }, signal })),
    // What was there stays while another version or another viewer is asked for: what was typed stays too.
    placeholderData: (previous) => (previous?.id === id ? previous : undefined),
    enabled: viewer !== undefined,
  });
}

/** The versions that the viewer may read, newest first, without their contents. */
export function versionsQuery(id: string, viewer: Viewer) {
  return infiniteQueryOptions({
    queryKey: ['prompt', id, 'versions', viewer],
    queryFn: ({ pageParam, signal }) =>
      call(
        promptApi.GET('/prompts/{id}/versions', {
          params: { path: { id }, query: { size: 50, ...(pageParam !== undefined && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    enabled: viewer !== undefined,
  });
}

/** One version with its content; it never changes. */
export function versionQuery(id: string, version: number | undefined, viewer: Viewer) {
  return queryOptions({
    queryKey: ['prompt', id, 'version', viewer, version],
    queryFn: ({ signal }) =>
      call(promptApi.GET('/prompts/{id}/versions/{version}', { params: { path: { id, version: version ?? 1 } }, signal })),
    enabled: viewer !== undefined && version !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The prompts that are most like one. */
export function relatedQuery(id: string, viewer: Viewer) {
  return queryOptions({
    queryKey: ['related', id, viewer],
    queryFn: ({ signal }) => call(promptApi.GET('/prompts/{id}/related', { params: { path: { id }, query: { limit: 6 } }, signal })),
    enabled: viewer !== undefined,
  });
}

/** What people rated a prompt, and what the viewer did. */
export function ratingQuery(id: string, viewer: Viewer) {
  return queryOptions({
    queryKey: ['prompt', id, 'rating', viewer],
    queryFn: ({ signal }) => call(promptApi.GET('/api/social/ratings/{promptId}', { params: { path: { promptId: id } }, signal })),
    enabled: viewer !== undefined,
  });
}

/** The ratings of a prompt, newest first. */
export function reviewsQuery(id: string, viewer: Viewer) {
  return queryOptions({
    queryKey: ['prompt', id, 'reviews', viewer],
    queryFn: ({ signal }) =>
      call(promptApi.GET('/api/social/ratings/{promptId}/all', { params: { path: { promptId: id }, query: { size: 50 } }, signal })),
    enabled: viewer !== undefined,
  });
}

/** The comments of a prompt with their replies. */
export function commentsQuery(id: string, viewer: Viewer) {
  return infiniteQueryOptions({
    queryKey: ['prompt', id, 'comments', viewer],
    queryFn: ({ pageParam, signal }) =>
      call(
        promptApi.GET('/api/social/comments/{id}', {
          params: { path: { id }, query: { size: 20, ...(pageParam !== undefined && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    enabled: viewer !== undefined,
  });
}

/** The active listing of a premium prompt. */
export function listingQuery(id: string) {
  return queryOptions({
    queryKey: ['prompt', id, 'listing'],
    queryFn: async ({ signal }) => {
      const page = await call(marketplaceApi.GET('/api/marketplace/listings', { params: { query: { promptId: id } }, signal }));
      return page.content[0] ?? null;
    },
  });
}

/** Asks for everything about a prompt again, after a write. */
export function refreshPrompt(id: string): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: ['prompt', id] });
}
