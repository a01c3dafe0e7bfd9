import { useRef, useState } from 'react';
import { call, marketplaceApi, newIdempotencyKey } from '../../api/client';
import { isProblem } from '../../api/problem';
import { queryClient } from '../../api/queryClient';
import type { Listing, Transaction } from '../../api/types';
import { money } from '../../format';
import { useAction } from '../../session/useAction';
import { Dialog } from '../../ui/Dialog';
import { words } from '../../words/en';
import { refreshPrompt } from './queries';

const METHODS = ['CREDIT_CARD', 'PAYPAL', 'WALLET'] as const;
const TYPES = ['PERSONAL', 'COMMERCIAL'] as const;
type LicenseType = (typeof TYPES)[number];

function priceOf(listing: Listing, type: LicenseType): number | undefined {
  return type === 'PERSONAL' ? listing.price : (listing.commercialPrice ?? undefined);
}

/** Buys a licence at the price that is shown, and no other; shows the licence when it is bought. */
export function BuyDialog({ listing, onClose }: { listing: Listing; onClose: () => void }) {
  const [type, setType] = useState<LicenseType>('PERSONAL');
  const [method, setMethod] = useState<(typeof METHODS)[number]>('CREDIT_CARD');
  const [bought, setBought] = useState<Transaction>();
  /** The key of an attempt whose end is not known: asking again with it never charges twice. */
  const pendingKey = useRef<string | undefined>(undefined);
  const amount = priceOf(listing, type);

  const purchase = useAction(
    async () => {
      pendingKey.current ??= newIdempotencyKey();
      try {
        return await call(
          marketplaceApi.POST('/api/marketplace/purchase', {
            params: { header: { 'Idempotency-Key': pendingKey.current } },
            body: { listingId: listing.id, licenseType: type, paymentMethod: method, expectedAmount: amount ?? null },
          }),
        );
      } catch (error) {
        if (isProblem(error) && !error.isAway && error.code !== 'IDEMPOTENCY_KEY_IN_USE') pendingKey.current = undefined;
        if (isProblem(error, 'PRICE_CHANGED')) await refreshPrompt(listing.promptId);
        throw error;
      }
    },
    {
      showsError: true,
      onDone: (transaction) => {
        pendingKey.current = undefined;
        setBought(transaction);
      },
    },
  );

  // The page reads the prompt again when this closes: what it offers now would close this at once.
  const finish = () => {
    void refreshPrompt(listing.promptId);
    void queryClient.invalidateQueries({ queryKey: ['licenses'] });
    onClose();
  };
  if (bought) return <Bought transaction={bought} onClose={finish} />;
  const choose = (change: () => void) => {
    // Other terms are another purchase.
    pendingKey.current = undefined;
    purchase.reset();
    change();
  };
  return (
    <Dialog title={words.premium.buyTitle(listing.title)} onClose={onClose}>
      <form
        className="buy"
        onSubmit={(event) => {
          event.preventDefault();
          purchase.run(undefined);
        }}
      >
        <fieldset className="choices stacked">
          <legend className="field-label">{words.premium.license}</legend>
          {TYPES.map((name) => {
            const price = priceOf(listing, name);
            return (
              price !== undefined && (
                <label key={name}>
                  <input type="radio" name="license" checked={type === name} onChange={() => choose(() => setType(name))} />
                  <span>{words.premium.types[name]}</span>
                  <strong>{money(price, listing.currency)}</strong>
                </label>
              )
            );
          })}
        </fieldset>
        <fieldset className="choices stacked">
          <legend className="field-label">{words.premium.method}</legend>
          {METHODS.map((name) => (
            <label key={name}>
              <input type="radio" name="method" checked={method === name} onChange={() => choose(() => setMethod(name))} />
              <span>{words.premium.methods[name]}</span>
            </label>
          ))}
        </fieldset>
        {purchase.error && (
          <p className="error-text" role="alert">
            {purchase.error.message} {isProblem(purchase.error, 503) && words.premium.askAgain}
          </p>
        )}
        <button type="submit" className="button primary" aria-disabled={purchase.isPending || amount === undefined}>
          {purchase.isPending ? words.premium.paying : words.premium.pay(money(amount ?? 0, listing.currency))}
        </button>
      </form>
    </Dialog>
  );
}

function Bought({ transaction, onClose }: { transaction: Transaction; onClose: () => void }) {
  const key = transaction.license?.licenseKey;
  return (
    <Dialog title={words.premium.boughtTitle} onClose={onClose}>
      <p role="status">{words.premium.bought(money(transaction.amount, transaction.currency))}</p>
      {key !== null && key !== undefined && (
        <p>
          {words.premium.key} <code dir="ltr">{key}</code>
        </p>
      )}
      <button type="button" className="button primary" onClick={onClose}>
        {words.premium.read}
      </button>
    </Dialog>
  );
}
