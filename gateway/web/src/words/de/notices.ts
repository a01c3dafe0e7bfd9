import type { AllWords } from '../translated';

export const notices: AllWords['notices'] = {
  title: 'Neuigkeiten',
  needed: 'Neuigkeiten gehören zu einem Konto.',
  about: 'Die letzten Verkäufe, und wer dir zuletzt folgt. Was neu ist, merkt sich dieser Browser.',
  bell: (count, text) => (count === 0 ? 'Neuigkeiten' : `Neuigkeiten, ${text} neu`),
  isNew: 'Neu',
  sales: 'Verkäufe',
  noSales: 'Von dir wurde noch nichts verkauft.',
  untitled: 'Ein Prompt',
  soldFor: (price) => `für ${price} verkauft`,
  refunded: 'Erstattet',
  types: { PERSONAL: 'persönliche Lizenz', COMMERCIAL: 'gewerbliche Lizenz' },
  followers: 'Wer dir folgt',
  noFollowers: 'Dir folgt noch niemand.',
  follows: 'folgt dir',
};
