import { useState } from 'react';
import { call, marketplaceApi } from '../../api/client';
import { queryClient } from '../../api/queryClient';
import type { Listing } from '../../api/types';
import { money } from '../../format';
import { useSubmit } from '../../session/useSubmit';
import { readAmount } from '../../text/amount';
import { Field } from '../../ui/Field';
import { FormProblem } from '../../ui/FormProblem';
import { toast } from '../../ui/Toasts';
import { words as common } from '../../words/en';
import { marketWords } from '../../words/market';

const words = marketWords.listing;

type Action = 'pause' | 'activate' | 'remove';

/** What its seller does with a listing. */
export function OwnListing({ listing }: { listing: Listing }) {
  const [price, setPrice] = useState(String(listing.price));
  const [isRemoving, setRemoving] = useState(false);
  const params = { path: { id: listing.id } };
  const act = async (action: Action) => {
    if (action === 'pause') await call(marketplaceApi.POST('/api/marketplace/listings/{id}/pause', { params }));
    else if (action === 'activate') await call(marketplaceApi.POST('/api/marketplace/listings/{id}/activate', { params }));
    else await call(marketplaceApi.DELETE('/api/marketplace/listings/{id}', { params }));
    await queryClient.invalidateQueries();
  };
  const [action, setAction] = useState<Action>('pause');
  const state = useSubmit(() => act(action));
  const amount = readAmount(price);
  const [isChecked, setChecked] = useState(false);
  const change = useSubmit(async () => {
    setChecked(true);
    if (amount === undefined) return;
    await call(marketplaceApi.PUT('/api/marketplace/listings/{id}', { params, body: { price: amount } }));
    await queryClient.invalidateQueries();
    toast(words.saved);
  });
  // The problem of an action is shown where it was asked for.
  const button = (name: Action, label: string, className = 'button') => (
    <button type="submit" className={className} aria-disabled={state.isBusy} onClick={() => setAction(name)}>
      {label}
    </button>
  );
  return (
    <div className="form">
      <p className="big-price">{money(listing.price, listing.currency)}</p>
      <p className="quiet">
        {words.own} {marketWords.statuses[listing.status]}.
      </p>
      {listing.status !== 'REMOVED' && (
        <>
          <form className="form" onSubmit={change.submit}>
            <Field label={words.changePrice} errors={isChecked && amount === undefined ? [marketWords.sellForm.badPrice] : change.problem?.errors['price']}>
              {(control) => <input {...control} className="input" inputMode="decimal" value={price} onChange={(event) => setPrice(event.currentTarget.value)} />}
            </Field>
            <FormProblem problem={change.problem} fields={['price']} />
            <button type="submit" className="button" aria-disabled={change.isBusy}>
              {words.changePrice}
            </button>
          </form>
          <form className="form" onSubmit={state.submit}>
            <FormProblem problem={state.problem} />
            <div className="form-row">
              {listing.status === 'ACTIVE' ? button('pause', words.pause) : button('activate', words.activate)}
              {isRemoving ? (
                <>
                  {button('remove', words.removeConfirm, 'button danger')}
                  <button type="button" className="button plain" onClick={() => setRemoving(false)}>
                    {common.cancel}
                  </button>
                </>
              ) : (
                <button type="button" className="button danger" onClick={() => setRemoving(true)}>
                  {words.remove}
                </button>
              )}
            </div>
          </form>
        </>
      )}
    </div>
  );
}
