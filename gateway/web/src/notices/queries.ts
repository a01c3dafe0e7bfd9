import { queryOptions, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { call, marketplaceApi, promptApi, testApi, userApi } from '../api/client';

/** What is asked for at once: notices are about what is new. */
const query = { size: 20 };

/** Asked for when a page is loaded, and when its tab comes to the front again, once a minute at most. */
const WHEN = { staleTime: 60_000, refetchOnWindowFocus: true };

/** What no page needs is missed by none: the banner does not tell of it. */
const meta = { isQuiet: true };

/** The latest sales of an account. */
function salesQuery(userId: string) {
  return queryOptions({
    ...WHEN,
    meta,
    queryKey: ['notices', userId, 'sales'],
    queryFn: ({ signal }) => call(marketplaceApi.GET('/api/marketplace/transactions/seller/{userId}', { params: { path: { userId }, query }, signal })),
  });
}

/** The latest comments of others on the account's prompts, and replies to its comments. */
function commentsQuery(userId: string) {
  return queryOptions({
    ...WHEN,
    meta,
    queryKey: ['notices', userId, 'comments'],
    queryFn: ({ signal }) => call(promptApi.GET('/api/social/comments/received', { params: { query }, signal })),
  });
}

/** The latest runs of an account over all data sets, those that go on too. */
function runsQuery(userId: string) {
  return queryOptions({
    ...WHEN,
    meta,
    queryKey: ['notices', userId, 'runs'],
    queryFn: ({ signal }) => call(testApi.GET('/api/tests/runs', { params: { query }, signal })),
  });
}

/** The latest followers of an account. */
function followersQuery(userId: string) {
  return queryOptions({
    ...WHEN,
    meta,
    queryKey: ['notices', userId, 'followers'],
    queryFn: ({ signal }) => call(userApi.GET('/users/followers/{userId}', { params: { path: { userId }, query }, signal })),
  });
}

/** Returns what happened to an account as far as it has come, and the four queries for it. */
export function useNews(userId: string, options?: { refetchInterval: false }) {
  const sales = useQuery({ ...salesQuery(userId), ...options });
  const comments = useQuery({ ...commentsQuery(userId), ...options });
  const runs = useQuery({ ...runsQuery(userId), ...options });
  const followers = useQuery({ ...followersQuery(userId), ...options });
  const news = useMemo(
    () => ({ sales: sales.data?.content, comments: comments.data?.content, runs: runs.data?.content, followers: followers.data?.content }),
    [sales.data, comments.data, runs.data, followers.data],
  );
  return { news, queries: [sales, comments, runs, followers] as const };
}
