import { expect, test } from 'vitest';
import { monthsUpTo } from '../src/pages/sales/months';
import { readSalesSearch } from '../src/pages/sales/search';

test('months go from the first sale up to now, without a gap and over the turn of a year', () => {
  const now = new Date('2026-02-28T23:59:59Z');
  expect(monthsUpTo(now, ['2026-01', '2025-07'])).toEqual(['2025-07', '2025-08', '2025-09', '2025-10', '2025-11', '2025-12', '2026-01', '2026-02']);
  expect(monthsUpTo(now, [])).toEqual(['2025-09', '2025-10', '2025-11', '2025-12', '2026-01', '2026-02']);
  // The clock of the server may be ahead.
  expect(monthsUpTo(now, ['2026-03']).at(-1)).toBe('2026-02');
});

test('the address names a currency, or none', () => {
  expect(readSalesSearch({ currency: 'JPY' })).toEqual({ currency: 'JPY' });
  expect(readSalesSearch({ currency: 'yen' })).toEqual({ currency: undefined });
});
