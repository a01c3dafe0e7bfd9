import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { Listing, Transaction } from '../../api/types';
import { SignInFirst } from '../../session/SignInFirst';
import { useSession } from '../../session/useSession';
import { ListView } from '../../ui/ListView';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { marketWords } from '../../words/market';
import { salesWords as words } from '../../words/sales';
import { ListingRow } from '../market/ListingRow';
import { ownListingsQuery } from '../market/queries';
import '../market/market.css';
import { salesQuery } from './queries';
import { RevenueView } from './RevenueView';
import { SaleRow } from './SaleRow';
import './sales.css';

const route = getRouteApi('/sales');

export function SalesPage() {
  const { status, user } = useSession();
  useDocumentTitle(words.title);
  return (
    <main id="content" className="page sales">
      {!user && <h1>{words.title}</h1>}
      {status === 'unknown' && <div className="skeleton sales-skeleton" aria-hidden="true" />}
      {status === 'signed-out' && <SignInFirst needed={words.needed} />}
      {user && <Desk key={user.id} userId={user.id} />}
    </main>
  );
}

/** Returns the currencies that somebody sells in, that of the newest sale first. */
function currenciesOf(sales: readonly Transaction[], listings: readonly Listing[], chosen: string | undefined): string[] {
  const used = [...sales, ...listings].map((item): string => item.currency);
  return [...new Set(chosen === undefined ? used : [...used, chosen])];
}

function Desk({ userId }: { userId: string }) {
  const search = route.useSearch();
  const sales = useInfiniteQuery(salesQuery(userId));
  const listings = useInfiniteQuery(ownListingsQuery(userId));
  const sold = sales.data?.pages.flatMap((page) => page.content) ?? [];
  const listed = listings.data?.pages.flatMap((page) => page.content) ?? [];
  const currencies = currenciesOf(sold, listed, search.currency);
  const isKnown = !sales.isPending && !listings.isPending;
  const currency = search.currency ?? (isKnown ? (currencies[0] ?? 'USD') : undefined);
  return (
    <>
      <header className="bar">
        <h1>{words.title}</h1>
        {currency !== undefined && currencies.length > 1 && <CurrencyChoice currency={currency} currencies={currencies} />}
      </header>
      <RevenueView userId={userId} currency={currency} />
      <section className="sales-section" aria-labelledby="sales-list">
        <h2 id="sales-list">{words.sales}</h2>
        <ListView
          query={sales}
          label={words.sales}
          className="sale-list"
          Row={SaleRow}
          empty={<p className="quiet">{words.noSales}</p>}
        />
      </section>
      <section className="sales-section" aria-labelledby="sales-listings">
        <h2 id="sales-listings">{words.listings}</h2>
        <ListView query={listings} label={words.listings} className="listing-list" Row={ListingItem} empty={<NoListings />} />
      </section>
    </>
  );
}

function CurrencyChoice({ currency, currencies }: { currency: string; currencies: readonly string[] }) {
  const navigate = useNavigate();
  const choose = (code: string) => void navigate({ to: '/sales', search: { currency: code }, resetScroll: false });
  return (
    <label className="sales-currency">
      <span>{words.currency}</span>
      <select className="input" value={currency} onChange={(event) => choose(event.currentTarget.value)}>
        {currencies.map((code) => (
          <option key={code}>{code}</option>
        ))}
      </select>
    </label>
  );
}

function ListingItem({ item }: { item: Listing }) {
  return <ListingRow item={item} level="h3" />;
}

function NoListings() {
  return (
    <div className="empty">
      <h3>{words.noListings}</h3>
      <p>{words.noListingsHint}</p>
      <Link to="/market" search={{ sell: 'new' }} className="button primary">
        {marketWords.sell}
      </Link>
    </div>
  );
}
