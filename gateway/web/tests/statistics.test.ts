import { expect, test } from 'vitest';
import { readStatisticsSearch } from '../src/pages/statistics/search';
import { dayAfter, dayAt, daysOf, periodOf, rangeOf } from '../src/statistics/period';
import { readPeriod } from '../src/statistics/search';

// A moment at which the three zones have three days.
const NOW = Date.parse('2026-03-10T10:30:00Z');

test('today is the day of the zone', () => {
  expect(dayAt(NOW, 'Pacific/Kiritimati')).toBe('2026-03-11');
  expect(dayAt(NOW, 'America/Los_Angeles')).toBe('2026-03-10');
  expect(dayAt(Date.parse('2026-03-10T06:59:00Z'), 'America/Los_Angeles')).toBe('2026-03-09');
  expect(dayAt(Date.parse('2026-03-10T18:30:00Z'), 'Asia/Kolkata')).toBe('2026-03-11');
});

test('days are counted in the calendar: over a change of clocks, a month, a year', () => {
  expect(dayAfter('2026-03-07', 2)).toBe('2026-03-09');
  expect(dayAfter('2026-11-02', -2)).toBe('2026-10-31');
  expect(dayAfter('2024-02-28', 1)).toBe('2024-02-29');
  expect(dayAfter('2026-12-31', 1)).toBe('2027-01-01');
});

test('a range ends now and has today in it; days that were chosen are both in the period', () => {
  const zone = 'Pacific/Kiritimati';
  expect(periodOf({ range: 7, zone }, NOW)).toEqual({ from: '2026-03-05', tz: zone });
  expect(periodOf({ since: '2026-03-01', until: '2026-03-31', zone }, NOW)).toEqual({ from: '2026-03-01', to: '2026-04-01', tz: zone });
  expect(periodOf({ since: '2026-03-01', zone }, NOW)).toEqual({ from: '2026-03-01', tz: zone });
  expect(daysOf({ range: 30, zone }, NOW).since).toBe('2026-02-10');
  expect([rangeOf({}), rangeOf({ range: 7 }), rangeOf({ since: '2026-03-01' })]).toEqual([30, 7, null]);
});

test('what makes no sense in an address is left out', () => {
  const nothing = { range: undefined, since: undefined, until: undefined, zone: undefined };
  expect(readPeriod({})).toEqual(nothing);
  expect(readPeriod({ range: 8, since: '2026-02-30', until: 5, zone: 'Mars/Olympus' })).toEqual(nothing);
  expect(readPeriod({ since: '2026-03-02', until: '2026-03-01' })).toEqual(nothing);
  expect(readPeriod({ until: '2026-03-01' })).toEqual(nothing);
  // The API takes names only.
  expect(readPeriod({ zone: '+05:30' })).toEqual(nothing);
  // Days that are chosen one by one are no range.
  expect(readPeriod({ range: 7, since: '2026-03-01', zone: 'Asia/Kolkata' })).toEqual({ ...nothing, since: '2026-03-01', zone: 'Asia/Kolkata' });
  expect(readStatisticsSearch({ metric: 'clicks', interval: 'hour', days: 90, category: 'Writing' })).toMatchObject({
    metric: undefined,
    interval: 'hour',
    days: 90,
    category: 'Writing',
  });
});
