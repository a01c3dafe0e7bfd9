import type { PeriodSearch, Range } from './search';

const USUAL_RANGE: Range = 30;
const DAY = 86_400_000;

/** The same as the API takes it: `to` is not in the period, and now where there is none. */
export interface Period {
  from: string;
  to?: string;
  tz: string;
}

/** Returns the reader's own zone. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Returns the day that a moment lies in, in a zone. */
export function dayAt(time: number, zone: string): string {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, calendar: 'gregory', numberingSystem: 'latn', year: 'numeric', month: '2-digit', day: '2-digit' });
  const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));
  return `${parts['year']}-${parts['month']}-${parts['day']}`;
}

/** Returns the day that lies some days after another: in the calendar, where no day has 23 hours. */
export function dayAfter(day: string, count: number): string {
  return new Date(Date.parse(day) + count * DAY).toISOString().slice(0, 10);
}

/** Returns the days that a period is about, the last of them only where it was chosen. */
export function daysOf(search: PeriodSearch, now: number): { since: string; until: string | undefined; zone: string } {
  const { range = USUAL_RANGE, since, until, zone = ownZone() } = search;
  if (since !== undefined) return { since, until, zone };
  return { since: dayAfter(dayAt(now, zone), 1 - range), until: undefined, zone };
}

/** Returns the period that the API is asked for. */
export function periodOf(search: PeriodSearch, now: number): Period {
  const { since, until, zone } = daysOf(search, now);
  return { from: since, tz: zone, ...(until !== undefined && { to: dayAfter(until, 1) }) };
}

/** Returns the range that is chosen; null where days are. */
export function rangeOf({ range, since }: PeriodSearch): Range | null {
  return since === undefined ? (range ?? USUAL_RANGE) : null;
}
