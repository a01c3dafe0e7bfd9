import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call, marketplaceApi } from '../../api/client';
import type { Listing, Prompt } from '../../api/types';
import { money } from '../../format';
import { useViewer } from '../../session/useViewer';
import { Icon } from '../../ui/Icon';
import { words } from '../../words/en';
import { BuyDialog } from './BuyDialog';
import { listingQuery } from './queries';

/** What a premium prompt costs, or the licence that the viewer holds. */
export function PremiumBox({ prompt }: { prompt: Prompt }) {
  const viewer = useViewer();
  const isOwn = viewer === prompt.userId;
  const isHeld = !isOwn && typeof prompt.content === 'string';
  if (isHeld) return <HeldLicense prompt={prompt} />;
  return <Offer prompt={prompt} isOwn={isOwn} />;
}

function Offer({ prompt, isOwn }: { prompt: Prompt; isOwn: boolean }) {
  const [isBuying, setBuying] = useState(false);
  const { data: listing, isError } = useQuery(listingQuery(prompt.id));
  return (
    <section className="notice premium" aria-label={words.premium.title}>
      <Icon name="lock" />
      <div>
        <p>{isOwn ? words.premium.own : words.premium.explanation}</p>
        {listing && <p className="small quiet">{describe(listing)}</p>}
        {isError && <p className="small error-text">{words.outage.away(words.outage.services.marketplace)}</p>}
      </div>
      {listing && !isOwn && (
        <button type="button" className="button primary" onClick={() => setBuying(true)}>
          {words.premium.buy(money(listing.price, listing.currency))}
        </button>
      )}
      {isBuying && listing && <BuyDialog listing={listing} onClose={() => setBuying(false)} />}
    </section>
  );
}

function describe(listing: Listing): string {
  const personal = `${words.premium.types.PERSONAL} ${money(listing.price, listing.currency)}`;
  const { commercialPrice } = listing;
  if (commercialPrice === null || commercialPrice === undefined) return personal;
  return `${personal} · ${words.premium.types.COMMERCIAL} ${money(commercialPrice, listing.currency)}`;
}

/** The newest licences, among which the viewer's for this prompt usually is. */
function HeldLicense({ prompt }: { prompt: Prompt }) {
  const { data } = useQuery({
    queryKey: ['licenses', 'newest'],
    queryFn: ({ signal }) => call(marketplaceApi.GET('/api/marketplace/licenses', { params: { query: { size: 100 } }, signal })),
  });
  const license = data?.content.find((item) => item.promptId === prompt.id && item.isActive);
  return (
    <section className="notice premium" aria-label={words.premium.title}>
      <Icon name="check" />
      <div>
        <p>{license ? words.premium.held(words.premium.types[license.licenseType]) : words.premium.heldUnnamed}</p>
        {license?.licenseKey !== null && license?.licenseKey !== undefined && (
          <p className="small quiet">
            {words.premium.key} <code dir="ltr">{license.licenseKey}</code>
          </p>
        )}
      </div>
    </section>
  );
}
