import type { accountWords } from './account';
import type { adminWords } from './admin';
import type { chartWords } from './chart';
import type { editorWords } from './editor';
import type { words } from './en';
import type { helpWords } from './help';
import { language } from './language';
import type { marketWords } from './market';
import type { noticeWords } from './notices';
import type { playgroundWords } from './playground';
import type { purchaseWords } from './purchase';
import type { salesWords } from './sales';
import type { statisticsWords } from './statistics';
import type { testWords } from './tests';

/** Words in any language. */
type Translation<T> = T extends string ? string : T extends (...values: infer Values) => string ? (...values: Values) => string : { [Key in keyof T]: Translation<T[Key]> };

/** All words of the client, by the file that has them in English. */
export interface AllWords {
  common: Translation<typeof words>;
  account: Translation<typeof accountWords>;
  admin: Translation<typeof adminWords>;
  chart: Translation<typeof chartWords>;
  editor: Translation<typeof editorWords>;
  help: Translation<typeof helpWords>;
  market: Translation<typeof marketWords>;
  notices: Translation<typeof noticeWords>;
  playground: Translation<typeof playgroundWords>;
  purchase: Translation<typeof purchaseWords>;
  sales: Translation<typeof salesWords>;
  statistics: Translation<typeof statisticsWords>;
  tests: Translation<typeof testWords>;
}

/** The words of each file that was loaded. */
export const english: Partial<Record<keyof AllWords, object>> = {};
let translations: Partial<AllWords> = {};

/**
 * Returns words that `loadTranslation` puts into the reader's language, in place: whoever holds a part of them has
 * the translation too. A text that is taken out of them before the first page is drawn stays English.
 */
export function translated<T extends object>(name: keyof AllWords, words: T): T {
  english[name] = words;
  putInto(words, translations[name]);
  return words;
}

/** Loads the words of the reader's language, unless that is English. */
export async function loadTranslation(): Promise<void> {
  document.documentElement.lang = language;
  if (language === 'en') return;
  const { german } = await import('./de');
  translations = german;
  for (const [name, words] of Object.entries(english)) putInto(words, german[name as keyof AllWords]);
}

/** Puts a translation in place of words. */
export function putInto(words: object, translation: object | undefined): void {
  for (const [key, text] of Object.entries(translation ?? {})) {
    const before = (words as Record<string, unknown>)[key];
    if (typeof before === 'object' && before !== null) putInto(before, text);
    else (words as Record<string, unknown>)[key] = text;
  }
}
