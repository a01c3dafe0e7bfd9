import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { isProblem } from '../../api/problem';
import type { Transaction } from '../../api/types';
import { exactDay, exactTime, money } from '../../format';
import { salesWords as words } from '../../words/sales';
import { listingQuery } from '../market/queries';
import { buyerQuery } from './queries';
import { RefundDialog } from './RefundDialog';

/** A sale in the list: what, to whom, for how much, and what became of it. */
export function SaleRow({ item: sale }: { item: Transaction }) {
  const [isRefunding, setRefunding] = useState(false);
  const link = useRef<HTMLAnchorElement>(null);
  const buyer = useQuery(buyerQuery(sale.buyerId));
  const title = useTitle(sale);
  const buyerName = buyer.data?.username ?? (isProblem(buyer.error, 404) ? words.goneBuyer : words.someBuyer);
  const amount = money(sale.amount, sale.currency);
  return (
    <li className="sale-row">
      <div className="sale-text">
        <h3>
          <Link ref={link} to="/market/$listingId" params={{ listingId: sale.listingId }}>
            <bdi>{title}</bdi>
          </Link>
        </h3>
        <p className="listing-meta quiet small">
          <span>
            {words.buyer}{' '}
            {buyer.data ? (
              <Link to="/u/$name" params={{ name: buyer.data.username }}>
                <bdi>{buyer.data.username}</bdi>
              </Link>
            ) : (
              <span>{buyer.isPending ? '…' : buyerName}</span>
            )}
          </span>
          <time dateTime={sale.createdAt} title={exactTime(sale.createdAt)}>
            {exactDay(sale.createdAt)}
          </time>
          <LicenseState sale={sale} />
        </p>
        {sale.status === 'FAILED' && sale.failureReason && <p className="quiet small">{sale.failureReason}</p>}
      </div>
      <p className={sale.status === 'COMPLETED' ? 'tag accent' : 'tag'}>{statusOf(sale)}</p>
      <p className={sale.status === 'COMPLETED' ? 'listing-price' : 'listing-price quiet'}>{amount}</p>
      <div className="sale-action">
        {sale.status === 'COMPLETED' && (
          <button type="button" className="button" aria-label={words.refundOf(title, buyerName)} onClick={() => setRefunding(true)}>
            {words.refund}
          </button>
        )}
      </div>
      {isRefunding && (
        <RefundDialog
          sale={sale}
          title={title}
          buyer={buyerName}
          onClose={() => setRefunding(false)}
          onDone={() => {
            // The button that the dialog gives the focus back to is gone with the refund.
            flushSync(() => setRefunding(false));
            link.current?.focus();
          }}
        />
      )}
    </li>
  );
}

function statusOf(sale: Transaction): string {
  return sale.status === 'REFUNDED' && sale.refundedAt ? words.refundedOn(exactDay(sale.refundedAt)) : words.statuses[sale.status];
}

/** The kind of licence, and whether it is valid; a sale that failed has none. */
function LicenseState({ sale: { license, licenseType } }: { sale: Transaction }) {
  const { ended, until, valid } = words.licenses;
  const state = license && (!license.isActive ? ended : license.expiresAt ? until(exactDay(license.expiresAt)) : valid);
  return (
    <>
      <span>{words.types[licenseType]}</span>
      {state && <span>{state}</span>}
    </>
  );
}

/** Returns what was sold. Without a licence only the listing says it. */
function useTitle({ license, listingId, sellerId }: Transaction): string {
  const listing = useQuery({ ...listingQuery(listingId, sellerId), enabled: !license });
  return license?.promptTitle ?? listing.data?.title ?? words.unknownPrompt;
}
