import { translated } from './translated';

/** The words of notices. What stands in braces is shown there: a name, or a link. */
export const noticeWords = translated('notices', {
  title: 'Notices',
  needed: 'Notices belong to an account.',
  about: 'Comments and answers, sales, runs that have ended and followers: the latest of each. What is new is remembered in this browser.',
  bell: (count: number, text: string) => (count === 0 ? 'Notices' : `Notices, ${text} new`),
  areNew: 'New',
  nothingNew: 'Nothing is new since you last looked.',
  earlier: 'Earlier',
  followers: 'Followers',
  empty: 'Nothing has happened yet',
  emptyHint: 'When somebody comments on a prompt of yours, answers you, buys from you or follows you, or when a run of yours ends, it is said here.',
  commented: '{name} commented on {title}',
  answered: '{name} answered you on {title}',
  sold: (price: string) => `{title} was sold for ${price}`,
  untitled: 'A prompt',
  refunded: 'Refunded',
  types: { PERSONAL: 'personal licence', COMMERCIAL: 'commercial licence' },
  ended: (passed: string, total: string) => `A run over {dataset} has ended: ${passed} of ${total} passed`,
  deletedDataset: 'a data set that is deleted',
  started: (time: string) => `started ${time}`,
  follows: '{name} follows you',
});
