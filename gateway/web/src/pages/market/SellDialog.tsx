import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { call, marketplaceApi, promptApi } from '../../api/client';
import { WriteKeys } from '../../api/idempotency';
import { queryClient } from '../../api/queryClient';
import { useSubmit } from '../../session/useSubmit';
import { readAmount } from '../../text/amount';
import { Dialog } from '../../ui/Dialog';
import { Field } from '../../ui/Field';
import { FormProblem } from '../../ui/FormProblem';
import { toast } from '../../ui/Toasts';
import { marketWords } from '../../words/market';

const words = marketWords.sellForm;

/** Currencies that most sellers use; the API takes every other too. */
const CURRENCIES = ['USD', 'EUR', 'GBP', 'JPY', 'CHF', 'CAD', 'AUD', 'INR', 'BRL', 'CNY'] as const;

interface SellDialogProps {
  promptId: string | null;
  userId: string;
  onClose: () => void;
}

/** Puts a prompt of one's own up for sale. */
export function SellDialog({ promptId, userId, onClose }: SellDialogProps) {
  const [chosen, setChosen] = useState(promptId ?? '');
  const [price, setPrice] = useState('');
  const [commercialPrice, setCommercialPrice] = useState('');
  const [currency, setCurrency] = useState<(typeof CURRENCIES)[number]>('USD');
  const [isChecked, setChecked] = useState(false);
  const [keys] = useState(() => new WriteKeys());
  const navigate = useNavigate();
  const prompts = useQuery({
    queryKey: ['prompts', 'mine', userId, 'to-sell'],
    queryFn: ({ signal }) => call(promptApi.GET('/prompts/my-prompts', { params: { query: { size: 100, sortBy: 'updatedAt' } }, signal })),
  });
  const sellable = prompts.data?.content.filter((prompt) => prompt.status === 'PUBLISHED' && !prompt.isPremium) ?? [];
  const amount = readAmount(price) ?? 0;
  const isPriced = amount > 0;
  const commercial = readAmount(commercialPrice);
  const isCommercialRead = commercialPrice.trim() === '' || commercial !== undefined;
  const { submit, isBusy, problem } = useSubmit(async () => {
    setChecked(true);
    if (!isPriced || !isCommercialRead || chosen === '') return;
    const body = { promptId: chosen, price: amount, currency, ...(commercial !== undefined && { commercialPrice: commercial }) };
    const params = { header: { 'Idempotency-Key': keys.keyOf(body) } };
    const listing = await call(marketplaceApi.POST('/api/marketplace/listings', { params, body }));
    keys.finish();
    toast(words.done);
    // The page of the listing awaits none of what is behind the dialog.
    void queryClient.invalidateQueries();
    await navigate({ to: '/market/$listingId', params: { listingId: listing.id } });
  });
  return (
    <Dialog title={words.title} onClose={onClose}>
      <form className="form" onSubmit={submit} noValidate>
        <FormProblem problem={problem} fields={['price', 'commercialPrice', 'currency', 'promptId']} />
        <Field
          label={words.prompt}
          hint={prompts.isSuccess && sellable.length === 0 ? words.none : undefined}
          errors={isChecked && chosen === '' ? [words.choose] : problem?.errors['promptId']}
        >
          {(control) => (
            <select {...control} className="input" value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
              <option value="">{words.choose}</option>
              {sellable.map((prompt) => (
                <option key={prompt.id} value={prompt.id}>
                  {prompt.title}
                </option>
              ))}
            </select>
          )}
        </Field>
        <div className="sell-prices">
          <Field label={words.price} errors={isChecked && !isPriced ? [words.badPrice] : problem?.errors['price']}>
            {(control) => <input {...control} className="input" inputMode="decimal" value={price} onChange={(event) => setPrice(event.currentTarget.value)} />}
          </Field>
          <Field label={words.currency} errors={problem?.errors['currency']}>
            {(control) => (
              <select
                {...control}
                className="input"
                value={currency}
                onChange={(event) => setCurrency(CURRENCIES.find((code) => code === event.currentTarget.value) ?? 'USD')}
              >
                {CURRENCIES.map((code) => (
                  <option key={code}>{code}</option>
                ))}
              </select>
            )}
          </Field>
        </div>
        <Field label={words.commercialPrice} hint={words.commercialHint} errors={isChecked && !isCommercialRead ? [words.badPrice] : problem?.errors['commercialPrice']}>
          {(control) => <input {...control} className="input" inputMode="decimal" value={commercialPrice} onChange={(event) => setCommercialPrice(event.currentTarget.value)} />}
        </Field>
        <p className="quiet small">{words.hint}</p>
        <div>
          <button type="submit" className="button primary" aria-disabled={isBusy}>
            {isBusy ? words.submitting : words.submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
