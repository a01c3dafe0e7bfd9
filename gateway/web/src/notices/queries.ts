import { queryOptions } from '@tanstack/react-query';
import { call, marketplaceApi, userApi } from '../api/client';

/** What is asked for at once: notices are about what is new. */
const SIZE = 20;

/** Asked for when a page is loaded, and when its tab comes to the front again, once a minute at most. */
const WHEN = { staleTime: 60_000, refetchOnWindowFocus: true };

/** What no page needs is missed by none: the banner does not tell of it. */
const meta = { isQuiet: true };

/** The latest sales of an account. */
export function salesQuery(userId: string) {
  return queryOptions({
    ...WHEN,
    meta,
    queryKey: ['notices', userId, 'sales'],
    queryFn: ({ signal }) => call(marketplaceApi.GET('/api/marketplace/transactions/seller/{userId}', { params: { path: { userId }, query: { size: SIZE } }, signal })),
  });
}

/** The latest followers of an account. */
export function followersQuery(userId: string) {
  return queryOptions({
    ...WHEN,
    meta,
    queryKey: ['notices', userId, 'followers'],
    queryFn: ({ signal }) => call(userApi.GET('/users/followers/{userId}', { params: { path: { userId }, query: { size: SIZE } }, signal })),
  });
}
