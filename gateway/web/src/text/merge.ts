/**
 * Merges two changes of one text by lines, as `diff3` does: what only one side changed is taken, and what
 * both changed differently is left to the reader.
 */

/** A run of lines of a merge. */
export type MergeChunk =
  | { kind: 'same' | 'theirs' | 'yours'; lines: string[] }
  | { kind: 'conflict'; base: string[]; theirs: string[]; yours: string[] };

/** The number of edits beyond which the middle of two texts counts as changed as a whole. */
const MAX_EDITS = 2_000;

/** Cuts a text into lines; `\n` between them gives the text again, with any other end of line as it was. */
export function linesOf(text: string): string[] {
  return text.split('\n');
}

/** Returns for each line of `from` its place in `to`, or -1; places only grow. */
export function matchLines(from: readonly string[], to: readonly string[]): Int32Array {
  const matches = new Int32Array(from.length).fill(-1);
  let start = 0;
  while (start < from.length && start < to.length && from[start] === to[start]) {
    matches[start] = start;
    start += 1;
  }
  let [fromEnd, toEnd] = [from.length, to.length];
  while (fromEnd > start && toEnd > start && from[fromEnd - 1] === to[toEnd - 1]) {
    fromEnd -= 1;
    toEnd -= 1;
    matches[fromEnd] = toEnd;
  }
  const middle = matchMiddle(from.slice(start, fromEnd), to.slice(start, toEnd));
  for (const [a, b] of middle) matches[start + a] = start + b;
  return matches;
}

/** Finds the longest common lines by Myers' greedy algorithm; none where there are too many edits. */
function matchMiddle(from: readonly string[], to: readonly string[]): [number, number][] {
  const limit = Math.min(from.length + to.length, MAX_EDITS);
  const trace: Int32Array[] = [];
  const reach = new Int32Array(2 * limit + 3);
  const centre = limit + 1;
  const at = (array: Int32Array, index: number) => array[index] ?? 0;
  for (let edits = 0; edits <= limit; edits += 1) {
    trace.push(reach.slice(centre - edits - 1, centre + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const isDown = k === -edits || (k !== edits && at(reach, centre + k - 1) < at(reach, centre + k + 1));
      let x = isDown ? at(reach, centre + k + 1) : at(reach, centre + k - 1) + 1;
      while (x < from.length && x - k < to.length && from[x] === to[x - k]) x += 1;
      reach[centre + k] = x;
      if (x >= from.length && x - k >= to.length) return walkBack(trace, from.length, to.length);
    }
  }
  return [];
}

/** Reads the matched pairs out of the furthest places of each number of edits. */
function walkBack(trace: readonly Int32Array[], fromLength: number, toLength: number): [number, number][] {
  const pairs: [number, number][] = [];
  let [x, y] = [fromLength, toLength];
  for (let edits = trace.length - 1; edits > 0; edits -= 1) {
    const reach = trace[edits] ?? new Int32Array(0);
    const at = (k: number) => reach[k + edits + 1] ?? 0;
    const k = x - y;
    const isDown = k === -edits || (k !== edits && at(k - 1) < at(k + 1));
    const previousK = isDown ? k + 1 : k - 1;
    const [previousX, previousY] = [at(previousK), at(previousK) - previousK];
    while (x > previousX && y > previousY) pairs.push([--x, --y]);
    [x, y] = [previousX, previousY];
  }
  while (x > 0 && y > 0) pairs.push([--x, --y]);
  return pairs.toReversed();
}

const isSame = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((line, index) => line === b[index]);

/** Merges what others made of a text with what the reader made of it. */
export function mergeLines(base: string, theirs: string, yours: string): MergeChunk[] {
  const [baseLines, theirLines, yourLines] = [linesOf(base), linesOf(theirs), linesOf(yours)];
  const inTheirs = matchLines(baseLines, theirLines);
  const inYours = matchLines(baseLines, yourLines);
  const chunks: MergeChunk[] = [];
  let [at, atTheirs, atYours] = [0, 0, 0];
  const change = (to: number, toTheirs: number, toYours: number) => {
    const chunk = decide(baseLines.slice(at, to), theirLines.slice(atTheirs, toTheirs), yourLines.slice(atYours, toYours));
    if (chunk) push(chunks, chunk);
    [at, atTheirs, atYours] = [to, toTheirs, toYours];
  };
  for (let line = 0; line < baseLines.length; line += 1) {
    const [their, your] = [inTheirs[line] ?? -1, inYours[line] ?? -1];
    if (their < 0 || your < 0) continue;
    change(line, their, your);
    push(chunks, { kind: 'same', lines: [baseLines[line] ?? ''] });
    [at, atTheirs, atYours] = [line + 1, their + 1, your + 1];
  }
  change(baseLines.length, theirLines.length, yourLines.length);
  return chunks;
}

/** Decides between the three forms of a place; nothing where all are empty. */
function decide(base: string[], theirs: string[], yours: string[]): MergeChunk | null {
  if (isSame(theirs, yours)) return theirs.length > 0 ? { kind: 'same', lines: theirs } : null;
  if (isSame(base, theirs)) return { kind: 'yours', lines: yours };
  if (isSame(base, yours)) return { kind: 'theirs', lines: theirs };
  return { kind: 'conflict', base, theirs, yours };
}

function push(chunks: MergeChunk[], chunk: MergeChunk): void {
  const last = chunks.at(-1);
  if (last && last.kind === 'same' && chunk.kind === 'same') last.lines.push(...chunk.lines);
  else chunks.push(chunk);
}

/** What is taken of a place that both changed. */
export type Choice = 'theirs' | 'yours' | 'both';

/** Joins a merge to a text; `choices` has one entry for each conflict, in their order. */
export function joinMerge(chunks: readonly MergeChunk[], choices: readonly Choice[]): string {
  let conflict = 0;
  const lines = chunks.flatMap((chunk) => {
    if (chunk.kind !== 'conflict') return chunk.lines;
    const choice = choices[conflict++] ?? 'yours';
    return choice === 'both' ? [...chunk.theirs, ...chunk.yours] : chunk[choice];
  });
  return lines.join('\n');
}
