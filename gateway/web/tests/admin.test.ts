import { expect, test } from 'vitest';
import type { User } from '../src/api/types';
import { actsOn } from '../src/pages/admin/acts';
import { readLettersSearch, readPeopleSearch } from '../src/pages/admin/search';

test('filters of an address that make no sense are left out', () => {
  expect(readPeopleSearch({ q: 42, role: 'USER', status: 'GONE' })).toEqual({ q: '42', role: undefined, status: undefined });
  expect(readPeopleSearch({ q: ' ', role: 'ADMIN', status: 'SUSPENDED' })).toEqual({ q: undefined, role: 'ADMIN', status: 'SUSPENDED' });
  expect(readLettersSearch({ topic: ['a'], show: 'none' })).toEqual({ topic: undefined, show: undefined });
});

test('no search is longer than the API takes', () => {
  expect(readPeopleSearch({ q: 'a'.repeat(200) }).q).toHaveLength(100);
  expect(readLettersSearch({ topic: 'a'.repeat(300) }).topic).toHaveLength(249);
});

test('an account is offered the opposite of what it is', () => {
  expect(actsOn({ active: true, roles: ['USER'] } as User)).toEqual(['suspend', 'promote']);
  expect(actsOn({ active: false, roles: ['USER', 'ADMIN'] } as User)).toEqual(['activate', 'demote']);
});
