import { expect, test } from 'vitest';
import { readExploreSearch } from '../src/pages/explore/search';
import { readPromptSearch } from '../src/pages/prompt/search';
import { sharedValues } from '../src/pages/prompt/sharedValues';

test('filters of an address that make no sense are left out', () => {
  expect(readExploreSearch({ q: 42, category: '', tag: ['a'], sort: 'drop table' })).toEqual({
    q: '42',
    category: undefined,
    tag: undefined,
    author: undefined,
    language: undefined,
    sort: undefined,
  });
});

test('only a search has an author and a language, and only one that the search knows', () => {
  const filters = { author: 'ada', language: 'de' };
  expect(readExploreSearch({ q: 'tides', ...filters })).toMatchObject(filters);
  expect(readExploreSearch(filters)).toMatchObject({ author: undefined, language: undefined });
  expect(readExploreSearch({ q: 'tides', language: 'xx' }).language).toBeUndefined();
});

test('values of an address are texts, and nothing else', () => {
  const read = readPromptSearch({ tab: 'nowhere', version: -1, from: 1.5, to: 2, vars: { a: 'x', n: 5, o: {}, z: null } });
  expect(read).toEqual({ tab: undefined, version: undefined, from: undefined, to: 2, vars: { a: 'x', n: '5' } });
  expect(readPromptSearch({ vars: ['a'] }).vars).toBeUndefined();
});

test('values travel in an address unless they are too long for one', () => {
  expect(sharedValues({})).toBeUndefined();
  expect(sharedValues({ a: 'x' })).toEqual({ a: 'x' });
  expect(sharedValues({ a: 'x'.repeat(5_000) })).toBeUndefined();
  // Nine characters each in an address.
  expect(sharedValues({ a: '商'.repeat(1_000) })).toBeUndefined();
});
