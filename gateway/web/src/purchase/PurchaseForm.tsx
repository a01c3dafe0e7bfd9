import { useState } from 'react';
import { call, marketplaceApi } from '../api/client';
import { WriteKeys } from '../api/idempotency';
import { isProblem } from '../api/problem';
import type { Listing, Transaction } from '../api/types';
import { money } from '../format';
import { HelpButton } from '../help/HelpButton';
import { useRequireSignIn } from '../session/useSession';
import { useSubmit } from '../session/useSubmit';
import { FormProblem } from '../ui/FormProblem';
import { purchaseWords as words } from '../words/purchase';
import './purchase.css';

const METHODS = ['CREDIT_CARD', 'PAYPAL', 'WALLET', 'DECLINED'] as const;
const TYPES = ['PERSONAL', 'COMMERCIAL'] as const;
type LicenseType = (typeof TYPES)[number];

interface PurchaseFormProps {
  listing: Listing;
  onBought: (transaction: Transaction) => void;
  /** Reads the listing again: its price is another one by now. */
  onPriceChanged: () => Promise<void>;
}

/** Buys a licence at the price that is shown, and no other. */
export function PurchaseForm({ listing, onBought, onPriceChanged }: PurchaseFormProps) {
  const [licenseType, setLicenseType] = useState<LicenseType>('PERSONAL');
  const [paymentMethod, setPaymentMethod] = useState<(typeof METHODS)[number]>('CREDIT_CARD');
  const [keys] = useState(() => new WriteKeys());
  const requireSignIn = useRequireSignIn();
  const priceOf = (type: LicenseType) => (type === 'PERSONAL' ? listing.price : listing.commercialPrice);
  const price = priceOf(licenseType) ?? listing.price;
  const { submit, isBusy, problem, clear } = useSubmit(async () => {
    if (!(await requireSignIn())) return;
    const body = { listingId: listing.id, licenseType, paymentMethod, expectedAmount: price };
    try {
      const params = { header: { 'Idempotency-Key': keys.keyOf(body) } };
      const transaction = await call(marketplaceApi.POST('/api/marketplace/purchase', { params, body }));
      keys.finish();
      onBought(transaction);
    } catch (error) {
      // A declined payment is over: the next one is another. One that is not settled must keep its key.
      if (isProblem(error, 402, 409, 422) && error.code !== 'IDEMPOTENCY_KEY_IN_USE') keys.finish();
      if (isProblem(error, 'PRICE_CHANGED')) await onPriceChanged();
      throw error;
    }
  });
  return (
    <form className="form" onSubmit={submit} onChange={clear}>
      <p className="big-price">{money(price, listing.currency)}</p>
      {typeof listing.commercialPrice === 'number' && (
        <fieldset className="purchase-choices">
          <legend className="field-label">{words.license}</legend>
          {TYPES.map((type) => (
            <label key={type}>
              <input type="radio" name="license" checked={licenseType === type} onChange={() => setLicenseType(type)} />
              <span>{words.types[type]}</span>
              <span className="purchase-amount">{money(priceOf(type) ?? 0, listing.currency)}</span>
            </label>
          ))}
        </fieldset>
      )}
      <fieldset className="purchase-choices">
        <legend className="field-label">{words.payment}</legend>
        {METHODS.map((method) => (
          <label key={method}>
            <input type="radio" name="payment" checked={paymentMethod === method} onChange={() => setPaymentMethod(method)} />
            <span>{words.methods[method]}</span>
          </label>
        ))}
      </fieldset>
      <FormProblem problem={problem} />
      {problem?.code === 'PRICE_CHANGED' && <p className="small">{words.priceChanged}</p>}
      {(problem?.code === 'PAYMENT_PENDING' || problem?.isAway) && <p className="small">{words.pending}</p>}
      <button type="submit" className="button primary" aria-disabled={isBusy}>
        {isBusy ? words.buying : words.buy(money(price, listing.currency))}
      </button>
      <p className="quiet small">
        {words.version(listing.prompt.version)} {words.simulated}
      </p>
      <p>
        <HelpButton topic="licences" />
      </p>
    </form>
  );
}

/** The key of a licence that was just bought. */
export function LicenseKey({ licenseKey }: { licenseKey: string }) {
  return (
    <p>
      <span className="field-label">{words.key}</span>
      <br />
      <code className="license-key" dir="ltr">
        {licenseKey}
      </code>
    </p>
  );
}
