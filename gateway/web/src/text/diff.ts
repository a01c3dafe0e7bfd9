/** Differences between two texts: by lines, and by words within lines that changed. */

/** A stretch that both sides have. */
export interface Match {
  a: number;
  b: number;
  length: number;
}

/** The number of edits up to which the shortest difference is looked for: memory grows with its square. */
const MAX_EDITS = 1_500;

/**
 * Returns the stretches that two sequences have in common, in order. Past `MAX_EDITS` edits, what is left in
 * the middle counts as replaced whole: right, and not the shortest.
 */
export function matches(a: readonly string[], b: readonly string[]): Match[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const middle = shortest(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return [
    { a: 0, b: 0, length: start },
    ...middle.map((match) => ({ ...match, a: match.a + start, b: match.b + start })),
    { a: a.length - end, b: b.length - end, length: end },
  ].filter((match) => match.length > 0);
}

/** Myers' greedy search for the shortest edit, over small integers instead of texts. */
function shortest(left: readonly string[], right: readonly string[]): Match[] {
  if (left.length === 0 || right.length === 0) return [];
  const ids = new Map<string, number>();
  const intern = (text: string): number => {
    const id = ids.get(text) ?? ids.size;
    ids.set(text, id);
    return id;
  };
  const a = Int32Array.from(left, intern);
  const b = Int32Array.from(right, intern);
  const most = Math.min(MAX_EDITS, a.length + b.length);
  /** By diagonal, shifted by `most`: how far each has got. */
  const reach = new Int32Array(2 * most + 2);
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    trace.push(reach.slice(most - edits, most + edits + 2));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const below = reach[most + diagonal - 1] ?? 0;
      const above = reach[most + diagonal + 1] ?? 0;
      let x = diagonal === -edits || (diagonal !== edits && below < above) ? above : below + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++;
      reach[most + diagonal] = x;
      if (x >= a.length && x - diagonal >= b.length) return backtrack(trace, a.length, b.length);
    }
  }
  return [];
}

/** Walks from the end of both sequences back over the trace of the search. */
function backtrack(trace: readonly Int32Array[], endA: number, endB: number): Match[] {
  const found: Match[] = [];
  let x = endA;
  let y = endB;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reach = trace[edits];
    // The trace of a step begins at the diagonal `-edits`.
    const at = (diagonal: number): number => reach?.[diagonal + edits] ?? 0;
    const diagonal = x - y;
    const isDown = diagonal === -edits || (diagonal !== edits && at(diagonal - 1) < at(diagonal + 1));
    const previous = isDown ? diagonal + 1 : diagonal - 1;
    const startX = edits === 0 ? 0 : at(previous) + (isDown ? 0 : 1);
    if (x > startX) found.push({ a: startX, b: startX - diagonal, length: x - startX });
    x = edits === 0 ? 0 : at(previous);
    y = x - previous;
  }
  return found.toReversed();
}

const segmenter = typeof Intl.Segmenter === 'function' ? new Intl.Segmenter(undefined, { granularity: 'word' }) : undefined;

/** Splits a text into words, spaces and marks; scripts without spaces are split by dictionary. */
export function splitWords(text: string): string[] {
  return text.split(/([ \t]+)/).flatMap((piece, index) => {
    if (piece === '') return [];
    if (index % 2 === 1) return [piece];
    // The segmenter is slower by far, and in plain ASCII finds nothing else.
    if (ASCII.test(piece)) return piece.split(/(\w+)/).filter((word) => word !== '');
    return segmenter ? segmentsOf(piece, segmenter) : Array.from(piece);
  });
}

/** The characters that the segmenter gets at once: each word that it finds holds a copy of all of them. */
const MAX_SEGMENTED = 300;

function segmentsOf(text: string, by: Intl.Segmenter): string[] {
  const found: string[] = [];
  for (let start = 0; start < text.length; ) {
    const words = Array.from(by.segment(text.slice(start, start + MAX_SEGMENTED)), (part) => part.segment);
    // The last one may be cut off.
    if (start + MAX_SEGMENTED < text.length && words.length > 1) words.pop();
    found.push(...words);
    start += words.reduce((sum, word) => sum + word.length, 0);
  }
  return found;
}

const ASCII = /^[\n\r\x20-\x7e]*$/;

/** A part of a line or text: in both, only before, or only after. */
export interface WordPart {
  kind: 'same' | 'removed' | 'added';
  text: string;
}

/** Compares two texts by words. */
export function diffWords(before: string, after: string): WordPart[] {
  const a = splitWords(before);
  const b = splitWords(after);
  const parts: WordPart[] = [];
  const push = (kind: WordPart['kind'], words: string[]) => {
    const text = words.join('');
    if (text !== '') parts.push({ kind, text });
  };
  let [x, y] = [0, 0];
  for (const match of [...matches(a, b), { a: a.length, b: b.length, length: 0 }]) {
    push('removed', a.slice(x, match.a));
    push('added', b.slice(y, match.b));
    push('same', a.slice(match.a, match.a + match.length));
    x = match.a + match.length;
    y = match.b + match.length;
  }
  return joinOverSpaces(parts);
}

/** Joins changes that only a space parts: "new words here" reads better as one change than as three. */
function joinOverSpaces(parts: readonly WordPart[]): WordPart[] {
  const joined: WordPart[] = [];
  let removed = '';
  let added = '';
  const flush = () => {
    if (removed !== '') joined.push({ kind: 'removed', text: removed });
    if (added !== '') joined.push({ kind: 'added', text: added });
    removed = added = '';
  };
  for (const [index, part] of parts.entries()) {
    if (part.kind === 'removed') removed += part.text;
    else if (part.kind === 'added') added += part.text;
    else if (/^[ \t]+$/.test(part.text) && removed !== '' && added !== '' && index < parts.length - 1) {
      removed += part.text;
      added += part.text;
    } else {
      flush();
      joined.push(part);
    }
  }
  flush();
  return joined;
}

/** A line of a comparison. Numbers are from 1; a line that one side lacks has none there. */
export interface DiffLine {
  kind: 'same' | 'removed' | 'added';
  before: number | undefined;
  after: number | undefined;
  text: string;
  /** The words of the line, where it is paired with a similar one on the other side. */
  words: WordPart[] | undefined;
}

/** Splits a text at its line breaks, which stay out; one at the very end makes an empty last line. */
export function splitLines(text: string): string[] {
  return text.split(/\r\n|\n|\r/);
}

/** Compares two texts by lines, and similar lines that changed by words. */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = splitLines(before);
  const b = splitLines(after);
  const lines: DiffLine[] = [];
  let [x, y] = [0, 0];
  for (const match of [...matches(a, b), { a: a.length, b: b.length, length: 0 }]) {
    lines.push(...replaced(a.slice(x, match.a), b.slice(y, match.b), x, y));
    for (let index = 0; index < match.length; index++) {
      const text = a[match.a + index] ?? '';
      lines.push({ kind: 'same', before: match.a + index + 1, after: match.b + index + 1, text, words: undefined });
    }
    x = match.a + match.length;
    y = match.b + match.length;
  }
  return lines;
}

/** The number of lines on each side up to which lines of a changed stretch are paired. */
const MAX_PAIRED = 200;

function replaced(removed: string[], added: string[], startA: number, startB: number): DiffLine[] {
  const pairs = removed.length <= MAX_PAIRED && added.length <= MAX_PAIRED ? pair(removed, added) : new Map<number, Pair>();
  const byAdded = new Map([...pairs.values()].map((found) => [found.added, found.words]));
  return [
    ...removed.map(
      (text, index): DiffLine => ({
        kind: 'removed',
        before: startA + index + 1,
        after: undefined,
        text,
        words: pairs.get(index)?.words.filter((word) => word.kind !== 'added'),
      }),
    ),
    ...added.map(
      (text, index): DiffLine => ({
        kind: 'added',
        before: undefined,
        after: startB + index + 1,
        text,
        words: byAdded.get(index)?.filter((word) => word.kind !== 'removed'),
      }),
    ),
  ];
}

interface Pair {
  added: number;
  words: WordPart[];
}

/** The added lines that are looked at for each removed one. */
const WINDOW = 4;
/** The share of two similar texts that both have. */
const SIMILAR = 0.4;

/** Tells whether two texts have so much in common that it helps to mark what changed. */
export function isSimilar(before: string, after: string, words: readonly WordPart[]): boolean {
  const same = words.reduce((sum, word) => sum + (word.kind === 'same' ? word.text.trim().length : 0), 0);
  return same > 0 && 2 * same >= SIMILAR * (before.trim().length + after.trim().length);
}

/** Pairs removed lines with similar added ones, in order. */
function pair(removed: string[], added: string[]): Map<number, Pair> {
  const pairs = new Map<number, Pair>();
  let next = 0;
  for (const [index, before] of removed.entries()) {
    for (let candidate = next; candidate < Math.min(added.length, next + WINDOW); candidate++) {
      const after = added[candidate] ?? '';
      const words = diffWords(before, after);
      if (!isSimilar(before, after, words)) continue;
      pairs.set(index, { added: candidate, words });
      next = candidate + 1;
      break;
    }
  }
  return pairs;
}

/** Lines of a comparison, or a number of unchanged ones that are left out. */
export type DiffSection = { kind: 'lines'; lines: DiffLine[] } | { kind: 'skipped'; lines: DiffLine[] };

/** The lines from which on a stretch is folded: a fold takes a line itself. */
const MIN_FOLDED = 3;

/** Folds unchanged lines that are more than `context` away from any change. */
export function fold(lines: readonly DiffLine[], context = 3): DiffSection[] {
  const isNear = new Uint8Array(lines.length);
  for (const [index, line] of lines.entries()) {
    if (line.kind !== 'same') isNear.fill(1, Math.max(0, index - context), index + context + 1);
  }
  for (let start = 0; start < lines.length; ) {
    let end = start;
    while (end < lines.length && isNear[end] === isNear[start]) end++;
    if (end - start < MIN_FOLDED) isNear.fill(1, start, end);
    start = end;
  }
  const sections: DiffSection[] = [];
  for (const [index, line] of lines.entries()) {
    const kind = isNear[index] === 1 ? 'lines' : 'skipped';
    const last = sections.at(-1);
    if (last?.kind === kind) last.lines.push(line);
    else sections.push({ kind, lines: [line] });
  }
  return sections;
}
