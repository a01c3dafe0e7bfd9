import { translated } from './translated';

/** The words around the help; its texts are in docs/help. */
export const helpWords = translated('help', {
  label: 'Help',
  documentTitle: (title: string) => `${title} · Help`,
  ownPage: 'Open on a page of its own',
  topics: {
    placeholders: { title: 'Placeholders', open: 'How placeholders are written' },
    assertions: { title: 'Assertions', open: 'What assertions there are' },
    licences: { title: 'Licences', open: 'What a licence gives' },
  },
});
