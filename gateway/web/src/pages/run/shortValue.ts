/** The characters of an assertion's value that are shown. */
const MAX_VALUE = 400;

/** Writes the value of an assertion, which is any JSON; an absent one is empty. */
export function shortValue(type: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (type.endsWith('word-count') && typeof value === 'object') return rangeOf(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}

function rangeOf({ min, max }: { min?: number; max?: number }): string {
  if (min === undefined) return `≤ ${max}`;
  return max === undefined ? `≥ ${min}` : `${min}–${max}`;
}
