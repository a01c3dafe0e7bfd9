/** The languages that the client speaks, each by its own name. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;

export type Language = keyof typeof LANGUAGES;

const KEY = 'pf-language';

const isLanguage = (text: string | null | undefined): text is Language => text === 'en' || text === 'de';

/** Returns the language that was chosen in the settings of this browser, or null when it is the browser's. */
export function chosenLanguage(): Language | null {
  try {
    const kept = globalThis.localStorage?.getItem(KEY);
    return isLanguage(kept) ? kept : null;
  } catch {
    // Without storage the browser's language holds.
    return null;
  }
}

/** Chooses a language for this browser, or with null the browser's own, and loads the page again in it. */
export function chooseLanguage(language: Language | null): void {
  if (language === null) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, language);
  location.reload();
}

/**
 * Returns the language of the client and the locale of its numbers and times: the chosen language, or else the first
 * of the reader's that the client speaks; and of the reader's locales the first of that language.
 */
export function readersLanguage(chosen: Language | null, locales: readonly string[]): { language: Language; locale: string } {
  const languageOf = (locale: string) => locale.split('-')[0]?.toLowerCase();
  const language = chosen ?? locales.map(languageOf).find(isLanguage) ?? 'en';
  // Who reads English for want of their own language still has their own numbers and times.
  const ownLocale = chosen === null ? locales[0] : undefined;
  return { language, locale: locales.find((locale) => languageOf(locale) === language) ?? ownLocale ?? language };
}

/** The language and the locale of this page, which stay until it is loaded again. Outside of a browser it is English. */
export const { language, locale } = readersLanguage(chosenLanguage(), globalThis.document === undefined ? [] : navigator.languages);
