import { locale } from '../words/language';

// What only charts write stands here and not in src/format.ts, which is part of every page.

const numberFormats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();

// To make a format takes longer than to use it a hundred times. Without a language it is the reader's.
function numberFormat(language: string | undefined, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return remembered(numberFormats, JSON.stringify([language, options]), () => new Intl.NumberFormat(language ?? locale, options));
}
function dateFormat(language: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return remembered(dateFormats, JSON.stringify([language, options]), () => new Intl.DateTimeFormat(language ?? locale, options));
}
function remembered<T>(formats: Map<string, T>, key: string, make: () => T): T {
  const format = formats.get(key) ?? make();
  formats.set(key, format);
  return format;
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
