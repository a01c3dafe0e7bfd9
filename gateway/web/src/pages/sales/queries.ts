import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call, marketplaceApi, userApi } from '../../api/client';
import { listQuery } from '../../api/listQuery';
import { queryClient } from '../../api/queryClient';
import type { Revenue } from '../../api/types';

/** What somebody earned in one currency; amounts in different ones have no sum. */
export function revenueQuery(sellerId: string, currency: string | undefined) {
  return queryOptions({
    queryKey: ['revenue', sellerId, currency],
    queryFn: ({ signal }) => {
      // Of a currency that does not exist the server says so.
      const query = { currency: currency as Revenue['currency'] };
      return call(marketplaceApi.GET('/api/marketplace/revenue/{sellerId}', { params: { path: { sellerId }, query }, signal }));
    },
    enabled: currency !== undefined,
    // The figures say themselves which currency they are in.
    placeholderData: keepPreviousData,
  });
}

/** What somebody sold, newest first. */
export function salesQuery(userId: string) {
  return listQuery(['sales', userId], 20, (paging, signal) =>
    call(marketplaceApi.GET('/api/marketplace/transactions/seller/{userId}', { params: { path: { userId }, query: paging }, signal })),
  );
}

/** Who bought: a sale has their id only. */
export function buyerQuery(id: string) {
  return queryOptions({
    queryKey: ['user', id, 'profile'],
    queryFn: ({ signal }) => call(userApi.GET('/users/{id}', { params: { path: { id } }, signal })),
    staleTime: 300_000,
  });
}

/** Asks again for what a refund changes. */
export async function refreshSales(): Promise<void> {
  await Promise.all(['sales', 'revenue', 'listings', 'listing'].map((name) => queryClient.invalidateQueries({ queryKey: [name] })));
}
