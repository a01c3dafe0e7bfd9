import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { isProblem } from '../../api/problem';
import { NotFoundPage } from '../../app/ErrorPage';
import { fullCount } from '../../format';
import { useSession } from '../../session/useSession';
import { useViewer } from '../../session/useViewer';
import { Failure } from '../../ui/Failure';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { marketWords } from '../../words/market';
import { listingQuery } from '../market/queries';
import { Purchase } from './Purchase';
import { OwnListing } from './OwnListing';
import '../market/market.css';

const words = marketWords.listing;
const route = getRouteApi('/market/$listingId');

export function ListingPage() {
  const { listingId } = route.useParams();
  const viewer = useViewer();
  const { user } = useSession();
  const query = useQuery(listingQuery(listingId, viewer));
  useDocumentTitle(query.data?.title);
  if (isProblem(query.error, 404, 400)) return <NotFoundPage />;
  const listing = query.data;
  if (!listing) {
    return (
      <main id="content" className="page">
        {query.isError ? <Failure error={query.error} onRetry={() => void query.refetch()} /> : <div className="skeleton editor-skeleton" />}
      </main>
    );
  }
  return (
    <main id="content" className="page listing-page">
      <div className="listing-main">
        <h1>
          <bdi>{listing.title}</bdi>
        </h1>
        <p className="listing-meta quiet small">
          <span>
            {marketWords.by}{' '}
            <Link to="/u/$name" params={{ name: listing.seller.username }}>
              <bdi>{listing.seller.username}</bdi>
            </Link>
          </span>
          <span>{listing.prompt.category}</span>
          <span>{marketWords.sales(fullCount(listing.salesCount))}</span>
          <Link to="/p/$id" params={{ id: listing.promptId }}>
            {words.toPrompt}
          </Link>
        </p>
        {listing.description && <p dir="auto">{listing.description}</p>}
        <h2>{words.preview}</h2>
        <pre className="listing-content" dir="auto">
          {listing.prompt.contentPreview}
        </pre>
      </div>
      <aside className="listing-side">
        {user?.id === listing.sellerId ? (
          <OwnListing key={listing.price} listing={listing} />
        ) : listing.status === 'ACTIVE' ? (
          <Purchase listing={listing} />
        ) : (
          <p>{words.notForSale}</p>
        )}
      </aside>
    </main>
  );
}
