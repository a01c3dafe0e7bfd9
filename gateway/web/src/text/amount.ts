/**
 * Reads an amount of money as people type it, with a comma or a point before its decimals. Returns undefined for
 * what is none: with separators of thousands it could be two amounts.
 */
export function readAmount(text: string): number | undefined {
  const trimmed = text.trim();
  return /^\d+(?:[.,]\d+)?$/.test(trimmed) ? Number(trimmed.replace(',', '.')) : undefined;
}
