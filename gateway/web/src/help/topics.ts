/** What there is help on; each is a text of docs/help. */
export const HELP_TOPICS = ['placeholders', 'assertions', 'licences'] as const;
export type HelpTopic = (typeof HELP_TOPICS)[number];
