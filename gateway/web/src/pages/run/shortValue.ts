/** The characters of an assertion's value that are shown. */
const MAX_VALUE = 400;

/** Writes the value of an assertion, which is any JSON; an absent one is empty. */
export function shortValue(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}
