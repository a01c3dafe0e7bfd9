import { useState } from 'react';
import { queryClient } from '../../api/queryClient';
import type { Listing, Transaction } from '../../api/types';
import { money } from '../../format';
import { LicenseKey, PurchaseForm } from '../../purchase/PurchaseForm';
import { Dialog } from '../../ui/Dialog';
import { words } from '../../words/en';
import { refreshPrompt } from './queries';

/** Sells the licence over the page of its prompt, and shows its key. */
export function BuyDialog({ listing, onClose }: { listing: Listing; onClose: () => void }) {
  const [bought, setBought] = useState<Transaction>();
  // The page reads the prompt again when this closes: what it offers then would close this at once.
  const finish = () => {
    void refreshPrompt(listing.promptId);
    void queryClient.invalidateQueries({ queryKey: ['licenses'] });
    onClose();
  };
  if (bought) return <Bought transaction={bought} onClose={finish} />;
  return (
    <Dialog title={words.premium.buyTitle(listing.title)} onClose={onClose}>
      <PurchaseForm listing={listing} onBought={setBought} onPriceChanged={() => refreshPrompt(listing.promptId)} />
    </Dialog>
  );
}

function Bought({ transaction, onClose }: { transaction: Transaction; onClose: () => void }) {
  return (
    <Dialog title={words.premium.boughtTitle} onClose={onClose}>
      <div className="form">
        <p role="status">{words.premium.bought(money(transaction.amount, transaction.currency))}</p>
        {transaction.license?.licenseKey && <LicenseKey licenseKey={transaction.license.licenseKey} />}
        <button type="button" className="button primary" onClick={onClose}>
          {words.premium.read}
        </button>
      </div>
    </Dialog>
  );
}
