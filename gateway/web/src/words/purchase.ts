import { translated } from './translated';

/** The words of buying a licence, on the page of a listing and on that of its prompt. */
export const purchaseWords = translated('purchase', {
  license: 'Licence',
  types: { PERSONAL: 'Personal, for good', COMMERCIAL: 'Commercial, for a year' },
  payment: 'Pay with',
  methods: { CREDIT_CARD: 'Card', PAYPAL: 'PayPal', WALLET: 'Wallet', DECLINED: 'A card that is declined' },
  version: (version: number) => `You get version ${version} and what follows.`,
  simulated: 'Payments are simulated: no money moves.',
  buy: (price: string) => `Buy for ${price}`,
  buying: 'Buying…',
  priceChanged: 'The price has changed meanwhile. Nothing was charged; this is the new one.',
  pending: 'The payment is not settled yet. Buying again asks for the same payment and charges nothing twice.',
  bought: 'It is yours.',
  key: 'Your licence key',
});
