import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { call, marketplaceApi } from '../../api/client';
import { listQuery } from '../../api/listQuery';
import { useRequireSignIn, useSession } from '../../session/useSession';
import { ListView } from '../../ui/ListView';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { marketWords as words } from '../../words/market';
import { Filters } from './Filters';
import { ListingRow } from './ListingRow';
import { ownListingsQuery } from './queries';
import type { MarketSearch } from './search';
import { SellDialog } from './SellDialog';
import './market.css';

const route = getRouteApi('/market');

export function MarketPage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const requireSignIn = useRequireSignIn();
  const { user } = useSession();
  useDocumentTitle(words.title);
  const isMine = search.mine === true && user !== null;
  const listings = useInfiniteQuery(listingsQuery(search, isMine ? user.id : null));
  const go = (next: MarketSearch) => void navigate({ to: '/market', search: next, resetScroll: false });
  return (
    <main id="content" className="page market">
      <header className="bar">
        <h1>{words.title}</h1>
        <div className="form-row">
          {user && (
            <Link to="/market" search={{ mine: isMine ? undefined : true }} className="button plain">
              {isMine ? words.all : words.mine}
            </Link>
          )}
          <button
            type="button"
            className="button"
            onClick={async () => {
              if (await requireSignIn()) go({ ...search, sell: 'new' });
            }}
          >
            {words.sell}
          </button>
        </div>
      </header>
      {!isMine && <Filters search={search} onChange={go} />}
      <ListView
        query={listings}
        label={isMine ? words.mine : words.title}
        className="listing-list"
        Row={ListingRow}
        empty={
          <div className="empty">
            <h2>{isMine ? words.emptyMine : words.empty}</h2>
            {!isMine && <p>{words.emptyHint}</p>}
          </div>
        }
      />
      {search.sell !== undefined && user && (
        <SellDialog promptId={search.sell === 'new' ? null : search.sell} userId={user.id} onClose={() => go({ ...search, sell: undefined })} />
      )}
    </main>
  );
}

/** The listings that the filters name, or a seller's own. */
function listingsQuery(search: MarketSearch, sellerId: string | null) {
  const { q, category, min, max, sort } = search;
  const filters = {
    ...(q !== undefined && { search: q }),
    ...(category !== undefined && { category }),
    ...(min !== undefined && { minPrice: min }),
    ...(max !== undefined && { maxPrice: max }),
    sortBy: sort ?? ('newest' as const),
  };
  if (sellerId !== null) return ownListingsQuery(sellerId);
  return listQuery(['listings', null, filters], 24, (paging, signal) =>
    call(marketplaceApi.GET('/api/marketplace/listings', { params: { query: { ...filters, ...paging } }, signal })),
  );
}
