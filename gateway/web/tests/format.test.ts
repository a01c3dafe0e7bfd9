import { expect, test } from 'vitest';
import { money, timeAgo } from '../src/format';

test('an amount has the decimals of its currency', () => {
  expect(money(12.5, 'USD')).toContain('12.50');
  expect(money(1200, 'JPY')).not.toContain('.');
});

test('a time is a time ago for a week, and a day after that', () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  expect(timeAgo('2026-03-10T11:55:00Z', now)).toMatch(/5/);
  expect(timeAgo('2026-01-01T12:00:00Z', now)).toMatch(/2026/);
});
