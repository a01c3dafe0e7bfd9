/** A piece of a text: characters as they are, or one that nobody would see, repeated. */
export type Piece = { kind: 'text'; text: string } | { kind: 'control'; name: string; count: number };

/** Control characters other than those of lines and tabs, what turns the direction of writing, and what has no width; not what joins letters. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /([\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff])\1*/gu;

/** The most pieces that a text is cut into: each is an element of the page. */
const MAX_PIECES = 2_000;

/** Cuts a text at the characters that hide, or that turn round what follows. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(CONTROL)) {
    if (pieces.length >= MAX_PIECES) break;
    if (match.index > at) pieces.push({ kind: 'text', text: text.slice(at, match.index) });
    pieces.push({ kind: 'control', name: nameOf(match[1] ?? ''), count: match[0].length });
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push({ kind: 'text', text: text.slice(at) });
  return pieces;
}

/** Writes a character as Unicode does: U+202E. */
function nameOf(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
