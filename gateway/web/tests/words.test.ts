import { describe, expect, it } from 'vitest';
import { readersLanguage } from '../src/words/language';
import { putInto } from '../src/words/translated';

describe('the reader’s language', () => {
  it('is the one that was chosen, else the first of the browser’s that there are words in', () => {
    expect(readersLanguage(null, ['fr-CH', 'de-AT', 'en-GB'])).toEqual({ language: 'de', locale: 'de-AT' });
    expect(readersLanguage('en', ['de-AT', 'en-GB'])).toEqual({ language: 'en', locale: 'en-GB' });
    expect(readersLanguage('de', ['en-GB'])).toEqual({ language: 'de', locale: 'de' });
    expect(readersLanguage(null, ['pt', 'EN'])).toEqual({ language: 'en', locale: 'EN' });
    expect(readersLanguage(null, ['ar-EG', 'fr'])).toEqual({ language: 'en', locale: 'ar-EG' });
    expect(readersLanguage(null, [])).toEqual({ language: 'en', locale: 'en' });
  });
});

describe('a translation', () => {
  it('is put in place of the words, also for those who hold a part of them', () => {
    const parts = { title: 'Title', inner: { count: (count: number) => `${count} things`, kept: 'Kept' } };
    const { inner } = parts;
    putInto(parts, { title: 'Überschrift', inner: { count: (count: number) => `${count} Dinge` } });
    expect([parts.title, inner.count(2), inner.kept]).toEqual(['Überschrift', '2 Dinge', 'Kept']);
  });
});
