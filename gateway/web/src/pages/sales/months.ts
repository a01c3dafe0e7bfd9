/** The months that are shown at least, so that a new seller sees more than one bar. */
const LEAST = 6;

/** Returns the month that lies some months after another, as in 2026-01. */
function monthAfter(month: string, count: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + count)).toISOString().slice(0, 7);
}

/** Returns every month from that of the first sale up to now, also those without a sale. Months are those of UTC. */
export function monthsUpTo(now: Date, sold: readonly string[]): string[] {
  const last = now.toISOString().slice(0, 7);
  const first = [...sold, monthAfter(last, 1 - LEAST)].reduce((least, month) => (month < least ? month : least));
  const months = [first];
  for (let month = first; month < last; months.push(month)) month = monthAfter(month, 1);
  return months;
}
