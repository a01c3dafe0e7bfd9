/** The days up to now that can be chosen. */
export const RANGES = [7, 30, 90, 365] as const;
export type Range = (typeof RANGES)[number];

/** Which days are shown, as it stands in the address. */
export interface PeriodSearch {
  /** Days up to now; where days are chosen one by one there is none. */
  range?: Range | undefined;
  /** The first and the last day, both shown. */
  since?: string | undefined;
  until?: string | undefined;
  /** The zone whose days they are; the reader's own where there is none. */
  zone?: string | undefined;
}

function readZone(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^[A-Za-z]/.test(value)) return undefined;
  try {
    Intl.DateTimeFormat('en', { timeZone: value });
    return value;
  } catch {
    return undefined;
  }
}

function readDay(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return undefined;
  const time = Date.parse(value);
  // There is no 30 February, which some browsers take for 2 March.
  return Number.isNaN(time) || !new Date(time).toISOString().startsWith(value) ? undefined : value;
}

/** Reads the period of an address; what makes no sense is left out. */
export function readPeriod(search: Record<string, unknown>): PeriodSearch {
  const since = readDay(search['since']);
  const until = readDay(search['until']);
  const areDaysInOrder = since !== undefined && (until === undefined || since <= until);
  return {
    range: areDaysInOrder ? undefined : RANGES.find((range) => range === search['range']),
    since: areDaysInOrder ? since : undefined,
    until: areDaysInOrder ? until : undefined,
    zone: readZone(search['zone']),
  };
}
