import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call, marketplaceApi } from '../../api/client';
import { listQuery } from '../../api/listQuery';

/** A listing as the viewer may see it. */
export function listingQuery(id: string, viewer: string | null | undefined) {
  return queryOptions({
    queryKey: ['listing', id, viewer],
    queryFn: ({ signal }) => call(marketplaceApi.GET('/api/marketplace/listings/{id}', { params: { path: { id } }, signal })),
    enabled: viewer !== undefined,
    // Who signs in over the page is another viewer: without the listing the form below would lose what was bought.
    placeholderData: keepPreviousData,
  });
}

/** The listings of a seller, in every state. */
export function ownListingsQuery(sellerId: string) {
  return listQuery(['listings', sellerId, null], 24, (paging, signal) =>
    call(marketplaceApi.GET('/api/marketplace/listings/seller/{sellerId}', { params: { path: { sellerId }, query: paging }, signal })),
  );
}
