import { Link } from '@tanstack/react-router';
import type { Listing } from '../../api/types';
import { money, shortCount } from '../../format';
import { Icon } from '../../ui/Icon';
import { marketWords as words } from '../../words/market';

interface ListingRowProps {
  item: Listing;
  /** The heading that it has on its page. */
  level?: 'h2' | 'h3';
}

/** A listing in a list; all of it leads to its page. */
export function ListingRow({ item: listing, level: Heading = 'h2' }: ListingRowProps) {
  return (
    <li className="listing-row">
      <div className="listing-text">
        <Heading>
          <Link to="/market/$listingId" params={{ listingId: listing.id }} className="listing-link">
            <bdi>{listing.title}</bdi>
          </Link>
        </Heading>
        <p className="listing-preview quiet small" dir="auto">
          {listing.description ?? listing.prompt.contentPreview}
        </p>
        <p className="listing-meta quiet small">
          <Link to="/u/$name" params={{ name: listing.seller.username }}>
            <bdi>{listing.seller.username}</bdi>
          </Link>
          <span>{listing.prompt.category}</span>
          {typeof listing.prompt.averageRating === 'number' && (
            <span className="count">
              <Icon name="star" /> {listing.prompt.averageRating.toFixed(1)}
            </span>
          )}
          {listing.salesCount > 0 && <span>{words.sales(shortCount(listing.salesCount))}</span>}
          {listing.status !== 'ACTIVE' && <span className="tag">{words.statuses[listing.status]}</span>}
        </p>
      </div>
      <p className="listing-price">{money(listing.price, listing.currency)}</p>
    </li>
  );
}
