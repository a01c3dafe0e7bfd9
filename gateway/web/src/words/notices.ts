import { translated } from './translated';

/** The words of notices. */
export const noticeWords = translated('notices', {
  title: 'Notices',
  needed: 'Notices belong to an account.',
  about: 'The latest sales and followers. What is new is remembered in this browser.',
  bell: (count: number, text: string) => (count === 0 ? 'Notices' : `Notices, ${text} new`),
  isNew: 'New',
  sales: 'Sales',
  noSales: 'Nothing of yours was sold yet.',
  untitled: 'A prompt',
  soldFor: (price: string) => `sold for ${price}`,
  refunded: 'Refunded',
  types: { PERSONAL: 'personal licence', COMMERCIAL: 'commercial licence' },
  followers: 'Followers',
  noFollowers: 'Nobody follows you yet.',
  follows: 'follows you',
});
