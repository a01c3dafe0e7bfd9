import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { queryClient } from '../../api/queryClient';
import type { Listing, Transaction } from '../../api/types';
import { LicenseKey, PurchaseForm } from '../../purchase/PurchaseForm';
import { marketWords } from '../../words/market';
import { purchaseWords } from '../../words/purchase';

const words = marketWords.listing;

/** Sells the licence in place, and shows its key. */
export function Purchase({ listing }: { listing: Listing }) {
  const [bought, setBought] = useState<Transaction>();
  if (bought) return <Bought transaction={bought} listing={listing} />;
  return (
    <PurchaseForm
      listing={listing}
      onBought={(transaction) => {
        setBought(transaction);
        void queryClient.invalidateQueries();
      }}
      onPriceChanged={() => queryClient.invalidateQueries({ queryKey: ['listing', listing.id] })}
    />
  );
}

function Bought({ transaction, listing }: { transaction: Transaction; listing: Listing }) {
  return (
    <div className="form" role="status">
      <h2>{purchaseWords.bought}</h2>
      {transaction.license?.licenseKey && <LicenseKey licenseKey={transaction.license.licenseKey} />}
      <div className="form-row">
        <Link to="/p/$id" params={{ id: listing.promptId }} className="button primary">
          {words.toPrompt}
        </Link>
        <Link to="/library" className="button">
          {words.toLibrary}
        </Link>
      </div>
    </div>
  );
}
