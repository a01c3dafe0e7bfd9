import type { AllWords } from '../translated';

export const help: AllWords['help'] = {
  label: 'Hilfe',
  documentTitle: (title) => `${title} · Hilfe`,
  ownPage: 'Auf einer eigenen Seite öffnen',
  topics: {
    placeholders: { title: 'Platzhalter', open: 'Wie Platzhalter geschrieben werden' },
    assertions: { title: 'Bedingungen', open: 'Welche Bedingungen es gibt' },
    licences: { title: 'Lizenzen', open: 'Was eine Lizenz gibt' },
  },
};
