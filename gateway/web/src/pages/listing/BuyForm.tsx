import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { call, marketplaceApi } from '../../api/client';
import { WriteKeys } from '../../api/idempotency';
import { isProblem } from '../../api/problem';
import { queryClient } from '../../api/queryClient';
import type { License, Listing } from '../../api/types';
import { money } from '../../format';
import { useRequireSignIn } from '../../session/useSession';
import { useSubmit } from '../../session/useSubmit';
import { FormProblem } from '../../ui/FormProblem';
import { marketWords } from '../../words/market';

const words = marketWords.listing;

const METHODS = ['CREDIT_CARD', 'PAYPAL', 'WALLET', 'DECLINED'] as const;
const TYPES = ['PERSONAL', 'COMMERCIAL'] as const;

/** Buys a licence at the price that is shown, and shows its key. */
export function BuyForm({ listing }: { listing: Listing }) {
  const [licenseType, setLicenseType] = useState<(typeof TYPES)[number]>('PERSONAL');
  const [paymentMethod, setPaymentMethod] = useState<(typeof METHODS)[number]>('CREDIT_CARD');
  const [bought, setBought] = useState<License | null>(null);
  const [keys] = useState(() => new WriteKeys());
  const requireSignIn = useRequireSignIn();
  const priceOf = (type: (typeof TYPES)[number]) => (type === 'PERSONAL' ? listing.price : listing.commercialPrice);
  const price = priceOf(licenseType) ?? listing.price;
  const { submit, isBusy, problem } = useSubmit(async () => {
    if (!(await requireSignIn())) return;
    const body = { listingId: listing.id, licenseType, paymentMethod, expectedAmount: price };
    try {
      const params = { header: { 'Idempotency-Key': keys.keyOf(body) } };
      const transaction = await call(marketplaceApi.POST('/api/marketplace/purchase', { params, body }));
      keys.finish();
      setBought(transaction.license ?? null);
      await queryClient.invalidateQueries();
    } catch (error) {
      // A declined payment is over: the next one is another. One that is not settled must keep its key.
      if (isProblem(error, 402, 409, 422) && error.code !== 'IDEMPOTENCY_KEY_IN_USE') keys.finish();
      if (isProblem(error, 'PRICE_CHANGED')) await queryClient.invalidateQueries({ queryKey: ['listing', listing.id] });
      throw error;
    }
  });
  if (bought) return <Bought license={bought} />;
  return (
    <form className="form" onSubmit={submit}>
      <p className="listing-big-price">{money(price, listing.currency)}</p>
      {typeof listing.commercialPrice === 'number' && (
        <fieldset className="listing-choices">
          <legend className="field-label">{words.license}</legend>
          {TYPES.map((type) => (
            <label key={type}>
              <input type="radio" name="license" checked={licenseType === type} onChange={() => setLicenseType(type)} />
              <span>{words.types[type]}</span>
              <span>{money(priceOf(type) ?? 0, listing.currency)}</span>
            </label>
          ))}
        </fieldset>
      )}
      <fieldset className="listing-choices">
        <legend className="field-label">{words.payment}</legend>
        {METHODS.map((method) => (
          <label key={method}>
            <input type="radio" name="payment" checked={paymentMethod === method} onChange={() => setPaymentMethod(method)} />
            {words.methods[method]}
          </label>
        ))}
      </fieldset>
      <FormProblem problem={problem} />
      {problem?.code === 'PRICE_CHANGED' && <p className="small">{words.priceChanged}</p>}
      {problem?.code === 'PAYMENT_PENDING' && <p className="small">{words.pending}</p>}
      <button type="submit" className="button primary" aria-disabled={isBusy}>
        {isBusy ? words.buying : words.buy(money(price, listing.currency))}
      </button>
      <p className="quiet small">
        {words.version(listing.prompt.version)} {words.simulated}
      </p>
    </form>
  );
}

function Bought({ license }: { license: License }) {
  return (
    <div className="form" role="status">
      <h2>{words.bought}</h2>
      {license.licenseKey && (
        <p>
          <span className="field-label">{words.key}</span>
          <br />
          <code className="license-key">{license.licenseKey}</code>
        </p>
      )}
      <div className="form-row">
        <Link to="/p/$id" params={{ id: license.promptId }} className="button primary">
          {words.toPrompt}
        </Link>
        <Link to="/library" className="button">
          {words.toLibrary}
        </Link>
      </div>
    </div>
  );
}
