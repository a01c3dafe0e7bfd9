/** The number formats of the reader's language. */
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat();
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'narrow' });
const dayFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const languages = new Intl.DisplayNames(undefined, { type: 'language' });
const exactFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Writes a count in few characters: 1.2K. */
export function shortCount(count: number): string {
  return compact.format(count);
}

/** Writes a count to the last digit. */
export function fullCount(count: number): string {
  return whole.format(count);
}

const numberFormats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();

// To make a format takes longer than to use it a hundred times. Without a language it is the reader's.
function numberFormat(language: string | undefined, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return remembered(numberFormats, JSON.stringify([language, options]), () => new Intl.NumberFormat(language, options));
}
function dateFormat(language: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return remembered(dateFormats, JSON.stringify([language, options]), () => new Intl.DateTimeFormat(language, options));
}
function remembered<T>(formats: Map<string, T>, key: string, make: () => T): T {
  const format = formats.get(key) ?? make();
  formats.set(key, format);
  return format;
}

/** Writes an amount of money; `currency` is an ISO 4217 code, and gives the number of decimals. */
export function money(amount: number, currency: string, language?: string): string {
  return numberFormat(language, { style: 'currency', currency }).format(amount);
}

/** Writes an amount of money in few characters, for the axis of a chart. */
export function shortMoney(amount: number, currency: string, language?: string): string {
  const isLarge = Math.abs(amount) >= 10_000;
  return numberFormat(language, { style: 'currency', currency, trailingZeroDisplay: 'stripIfInteger', ...(isLarge && { notation: 'compact' as const }) }).format(amount);
}

/** Returns the least amount of a currency: a cent, or a yen. */
export function leastAmount(currency: string): number {
  return 10 ** -(numberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2);
}

/** Seconds of each unit that a time ago is said in, from the largest down. */
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** The days up to which a time is said as a time ago. */
const RECENT_DAYS = 7;

/** Writes a time as the reader would say it: "5 min. ago", or the day when it was more than a week ago. */
export function timeAgo(time: string, now: number = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1_000;
  if (Math.abs(seconds) > RECENT_DAYS * 86_400) return dayFormat.format(new Date(time));
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return relative.format(0, 'second');
}

/** Writes a time with its day, in the reader's zone. */
export function exactTime(time: string): string {
  return exactFormat.format(new Date(time));
}

/** Writes the day of a time, in the reader's zone. */
export function exactDay(time: string): string {
  return dayFormat.format(new Date(time));
}

/** What a day or an hour of a chart is written with: in few characters, or in full. */
type Length = 'short' | 'full';

/** Writes the day that begins at a time in a zone: the reader's own zone may have another day then. */
export function dayInZone(start: string, zone: string, length: Length, language?: string): string {
  const options = length === 'short' ? ({ day: 'numeric', month: 'short' } as const) : ({ dateStyle: 'medium' } as const);
  return dateFormat(language, { ...options, timeZone: zone }).format(new Date(start));
}

/** Writes the hour that begins at a time in a zone; in full with its day and offset, since an hour comes twice when clocks are put back. */
export function hourInZone(start: string, zone: string, length: Length, language?: string): string {
  const day = { day: 'numeric', month: 'short', year: 'numeric', minute: '2-digit', timeZoneName: 'shortOffset' } as const;
  return dateFormat(language, { hour: 'numeric', ...(length === 'full' && day), timeZone: zone }).format(new Date(start));
}

/** Writes a month, which is given as in 2026-01. */
export function monthName(month: string, length: Length, language?: string): string {
  const options = { month: length === 'short' ? 'short' : 'long', year: 'numeric', timeZone: 'UTC' } as const;
  return dateFormat(language, options).format(new Date(`${month}-01T00:00:00Z`));
}

/** Writes a time of today to the second, in the reader's zone. */
export function clockTime(time: number, language?: string): string {
  return dateFormat(language, { timeStyle: 'medium' }).format(time);
}

/** Names a language, which is given as an ISO 639-1 code, as its reader would. */
export function nameOfLanguage(code: string): string {
  return languages.of(code) ?? code;
}
