import { expect, test } from 'vitest';
import { money } from '../src/format';
import { dayInZone, hourInZone, leastAmount, monthName, shortMoney } from '../src/statistics/format';
import { draw, labelled, plan, pointAt, ticksUpTo } from '../src/ui/chart/scale';

/** Days as the server begins them: the zone, the first moment, and what they are called there. */
const DAYS = [
  ['Pacific/Kiritimati', '2026-03-09T10:00:00.000Z', 'Mar 10, 2026'],
  ['America/Los_Angeles', '2026-03-10T07:00:00.000Z', 'Mar 10, 2026'],
  ['Asia/Kolkata', '2026-03-09T18:30:00.000Z', 'Mar 10, 2026'],
  // The days on which clocks change have 23 and 25 hours.
  ['America/Los_Angeles', '2026-03-08T08:00:00.000Z', 'Mar 8, 2026'],
  ['America/Los_Angeles', '2026-03-09T07:00:00.000Z', 'Mar 9, 2026'],
  ['America/Los_Angeles', '2026-11-01T07:00:00.000Z', 'Nov 1, 2026'],
  ['America/Los_Angeles', '2026-11-02T08:00:00.000Z', 'Nov 2, 2026'],
  // Midnight is left out there when summer begins.
  ['Africa/Cairo', '2026-04-23T22:00:00.000Z', 'Apr 24, 2026'],
] as const;

const BROWSER_ZONES = ['Pacific/Kiritimati', 'America/Los_Angeles', 'Asia/Kolkata', 'UTC'];

test('a day is that of its own zone, whatever zone the browser is in', () => {
  const before = process.env['TZ'];
  try {
    for (const zone of BROWSER_ZONES) {
      process.env['TZ'] = zone;
      expect(Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(zone === 'Asia/Kolkata' ? 'Asia/Calcutta' : zone);
      for (const [of, start, name] of DAYS) expect(dayInZone(start, of, 'full', 'en-US'), `${of} from ${zone}`).toBe(name);
      expect(monthName('2026-01', 'full', 'en-US')).toBe('January 2026');
    }
  } finally {
    process.env['TZ'] = before;
  }
});

test('the hour that comes twice when clocks are put back has two names', () => {
  const [first, second] = ['2026-11-01T08:00:00.000Z', '2026-11-01T09:00:00.000Z'].map((start) => hourInZone(start, 'America/Los_Angeles', 'full', 'en-US'));
  expect(first).toMatch(/1:00.AM.GMT-7/);
  expect(second).toMatch(/1:00.AM.GMT-8/);
});

test('days and months are written in the language', () => {
  expect(dayInZone('2026-03-09T18:30:00.000Z', 'Asia/Kolkata', 'short', 'de')).toBe('10. März');
  expect(monthName('2026-03', 'full', 'de')).toBe('März 2026');
});

test('prices in yen, euros and dollars, in two languages', () => {
  expect(['JPY', 'EUR', 'USD'].map((currency) => money(1_234, currency, 'en-US'))).toEqual(['¥1,234', '€1,234.00', '$1,234.00']);
  expect(['JPY', 'EUR', 'USD'].map((currency) => money(1_234, currency, 'de-DE'))).toEqual(['1.234\u00a0¥', '1.234,00\u00a0€', '1.234,00\u00a0$']);
  expect(['JPY', 'EUR', 'USD'].map((currency) => shortMoney(1_234, currency, 'en-US'))).toEqual(['¥1,234', '€1,234', '$1,234']);
  expect(shortMoney(2.5, 'EUR', 'de-DE')).toBe('2,50\u00a0€');
  expect(shortMoney(1_500_000, 'JPY', 'en-US')).toBe('¥1.5M');
  expect(['JPY', 'EUR', 'KWD'].map(leastAmount)).toEqual([1, 0.01, 0.001]);
});

test('the lines across a chart are round numbers up to the highest value, and whole where values are', () => {
  expect(ticksUpTo(0, 1)).toEqual([0, 1]);
  expect(ticksUpTo(0, 0.01)).toEqual([0, 1]);
  expect(ticksUpTo(1, 1)).toEqual([0, 1]);
  expect(ticksUpTo(3, 1)).toEqual([0, 1, 2, 3]);
  expect(ticksUpTo(10, 1)).toEqual([0, 5, 10]);
  expect(ticksUpTo(97, 1)).toEqual([0, 25, 50, 75, 100]);
  expect(ticksUpTo(1_000, 1)).toEqual([0, 250, 500, 750, 1_000]);
  expect(ticksUpTo(9.9, 0.01)).toEqual([0, 2.5, 5, 7.5, 10]);
  for (let highest = 1; highest < 5_000; highest += 7) {
    const ticks = ticksUpTo(highest, 1);
    expect(ticks.every(Number.isInteger), String(highest)).toBe(true);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(highest);
    expect(ticks.length).toBeLessThanOrEqual(6);
  }
});

test('at most six points have a label, from the first on', () => {
  expect(labelled(3, 6)).toEqual([0, 1, 2]);
  expect(labelled(30, 6)).toEqual([0, 5, 10, 15, 20, 25]);
  expect(labelled(2_000, 6)).toHaveLength(6);
  expect(labelled(0, 6)).toEqual([]);
});

test('few points are bars and many a line, each of them one path', () => {
  expect(draw([1, 0, 2], 2)).toEqual({ kind: 'bars', path: 'M134.67 100v-50.00h64.00V100zM801.33 100v-100.00h64.00V100z' });
  const many = Array.from({ length: 2_000 }, (_, index) => index % 100);
  const begin = performance.now();
  const { kind, path } = draw(many, 100);
  expect(performance.now() - begin).toBeLessThan(100);
  expect(kind).toBe('line');
  expect(path.match(/L/g)).toHaveLength(1_999);
});

test('a chart without points, or of nothing, has its lines all the same', () => {
  expect(plan([], 1)).toMatchObject({ ticks: [0, 1], top: 1, drawing: { path: '' } });
  expect(plan([0, 0], 1)).toMatchObject({ ticks: [0, 1], top: 1, drawing: { path: '' } });
  expect(plan([3, 8, 8], 1)).toMatchObject({ highest: 1 });
});

test('the pointer is at the point below it, and at the outermost beyond the plot', () => {
  expect([-0.1, 0, 0.34, 0.99, 1.2].map((part) => pointAt(part, 3))).toEqual([0, 0, 1, 2, 2]);
});
