import { language, locale } from './words/language';

/** The number formats of the reader's language. */
const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat(locale);
// The narrow style of German writes minutes as metres are written.
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: language === 'en' ? 'narrow' : 'short' });
const dayFormat = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
const languages = new Intl.DisplayNames(locale, { type: 'language' });
const exactFormat = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });

const dollars = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD', maximumFractionDigits: 6 });
const millisecondFormat = new Intl.NumberFormat(locale, { style: 'unit', unit: 'millisecond', maximumFractionDigits: 0 });
const secondFormat = new Intl.NumberFormat(locale, { style: 'unit', unit: 'second', minimumFractionDigits: 1, maximumFractionDigits: 1 });
const share = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
const shareChange = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1, signDisplay: 'exceptZero' });

/** Writes a count in few characters: 1.2K. */
export function shortCount(count: number): string {
  return compact.format(count);
}

/** Writes a count to the last digit. */
export function fullCount(count: number): string {
  return whole.format(count);
}

/** Writes an amount of money; `currency` is an ISO 4217 code, and gives the number of decimals. The locale is the reader's by default. */
export function money(amount: number, currency: string, writtenAs: string = locale): string {
  return new Intl.NumberFormat(writtenAs, { style: 'currency', currency }).format(amount);
}

/** Writes what a model's answer cost in US dollars: often a small part of a cent. */
export function modelCost(amount: number): string {
  return dollars.format(amount);
}

/** Writes how long something took. */
export function duration(milliseconds: number): string {
  return milliseconds < 1_000 ? millisecondFormat.format(milliseconds) : secondFormat.format(milliseconds / 1_000);
}

/** Writes a share of 1 as a percentage. */
export function percent(part: number): string {
  return share.format(part);
}

/** Writes by how much a share changed, with its sign. */
export function percentChange(difference: number): string {
  return shareChange.format(difference);
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

/** Names a language, which is given as an ISO 639-1 code, as its reader would. */
export function nameOfLanguage(code: string): string {
  return languages.of(code) ?? code;
}
