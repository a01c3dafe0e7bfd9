import { expect, test } from 'vitest';
import type { Profile, Transaction } from '../src/api/types';
import { newFollowers, newSales, readSeen, seenFollowers, seenSales } from '../src/notices/seen';

const sale = (id: string, completedAt: string | null) => ({ id, completedAt }) as Transaction;
const followers = (...ids: string[]) => ids.map((id) => ({ id }) as Profile);

const monday = '2026-11-23T08:00:00.000Z';
const tuesday = '2026-11-24T08:00:00.000Z';

test('sales are new by the time they were paid, not by their place in the list', () => {
  // A purchase that was settled late stands behind one that began later.
  const sales = [sale('pending', null), sale('seen', monday), sale('late', tuesday)];
  expect(newSales(sales, { lastSale: monday })).toEqual(new Set(['late']));
  expect(seenSales(sales)).toEqual({ lastSale: tuesday });
});

test('the first sale ever is new, and what was before the first look is not', () => {
  expect(newSales([sale('first', monday)], seenSales([]))).toEqual(new Set(['first']));
  expect(newSales([sale('first', monday)], {})).toEqual(new Set());
  expect(newFollowers(followers('ada'), {})).toEqual(new Set());
});

test('followers are new who stand before all that were known', () => {
  const seen = seenFollowers(followers('bob', 'cy'));
  expect(newFollowers(followers('ada', 'bob', 'cy'), seen)).toEqual(new Set(['ada']));
  expect(newFollowers(followers('bob', 'cy'), seen)).toEqual(new Set());
  // Who left is no news; nor is who stood further down and comes into sight then.
  expect(newFollowers(followers('cy', 'old'), seen)).toEqual(new Set());
  expect(newFollowers(followers('ada'), seenFollowers([]))).toEqual(new Set(['ada']));
});

test('what is kept and makes no sense counts as not looked at', () => {
  for (const kept of ['', 'null', '{', '[1]', '{"lastSale":5,"followers":"ada"}']) expect(readSeen(kept)).toEqual({});
  expect(readSeen('{"lastSale":"","followers":["ada",7]}')).toEqual({ lastSale: '', followers: ['ada'] });
});
