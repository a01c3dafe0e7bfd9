import type { AllWords } from '../translated';

export const notices: AllWords['notices'] = {
  title: 'Neuigkeiten',
  needed: 'Neuigkeiten gehören zu einem Konto.',
  about: 'Kommentare und Antworten, Verkäufe, beendete Läufe und wer dir folgt: jeweils die letzten. Was neu ist, merkt sich dieser Browser.',
  bell: (count, text) => (count === 0 ? 'Neuigkeiten' : `Neuigkeiten, ${text} neu`),
  areNew: 'Neu',
  nothingNew: 'Seit deinem letzten Besuch gibt es nichts Neues.',
  earlier: 'Früher',
  followers: 'Wer dir folgt',
  empty: 'Noch ist nichts geschehen',
  emptyHint: 'Wenn jemand einen Prompt von dir kommentiert, dir antwortet, etwas von dir kauft oder dir folgt, oder wenn ein Lauf von dir endet, steht es hier.',
  commented: '{name} hat {title} kommentiert',
  answered: '{name} hat dir bei {title} geantwortet',
  sold: (price) => `{title} wurde für ${price} verkauft`,
  untitled: 'Ein Prompt',
  refunded: 'Erstattet',
  types: { PERSONAL: 'persönliche Lizenz', COMMERCIAL: 'gewerbliche Lizenz' },
  ended: (passed, total) => `Ein Lauf über {dataset} ist zu Ende: ${passed} von ${total} bestanden`,
  deletedDataset: 'einen gelöschten Datensatz',
  started: (time) => `begonnen ${time}`,
  follows: '{name} folgt dir',
};
