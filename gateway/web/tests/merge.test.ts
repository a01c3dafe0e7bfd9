import { describe, expect, it } from 'vitest';
import { joinMerge, linesOf, matchLines, mergeLines } from '../src/text/merge';

const text = (...lines: string[]) => lines.map((line) => `${line}\n`).join('');
const merged = (base: string, theirs: string, yours: string) => {
  const chunks = mergeLines(base, theirs, yours);
  return { text: joinMerge(chunks, []), conflicts: chunks.filter((chunk) => chunk.kind === 'conflict') };
};

describe('a merge by lines', () => {
  const base = text('one', 'two', 'three', 'four', 'five');

  it('takes what only one side changed', () => {
    const theirs = text('one', 'two', 'three', 'four', 'five', 'six');
    const yours = text('zero', 'one', 'two', 'THREE', 'four', 'five');
    expect(merged(base, theirs, yours)).toEqual({ text: text('zero', 'one', 'two', 'THREE', 'four', 'five', 'six'), conflicts: [] });
  });

  it('takes a removal, and a change that both made alike once', () => {
    const theirs = text('one', 'three', 'four', 'FIVE');
    const yours = text('one', 'two', 'three', 'four', 'FIVE');
    expect(merged(base, theirs, yours)).toEqual({ text: text('one', 'three', 'four', 'FIVE'), conflicts: [] });
  });

  it('leaves to the reader what both changed differently, and loses neither', () => {
    const theirs = text('one', 'two', 'their three', 'four', 'five');
    const yours = text('one', 'two', 'your three', 'four', 'five');
    const chunks = mergeLines(base, theirs, yours);
    expect(chunks.filter((chunk) => chunk.kind === 'conflict')).toEqual([
      { kind: 'conflict', base: ['three'], theirs: ['their three'], yours: ['your three'] },
    ]);
    expect(joinMerge(chunks, ['theirs'])).toBe(theirs);
    expect(joinMerge(chunks, ['yours'])).toBe(yours);
    expect(joinMerge(chunks, ['both'])).toBe(text('one', 'two', 'their three', 'your three', 'four', 'five'));
  });

  it('takes a line added after a last line without an end', () => {
    expect(merged('one\ntwo', 'ONE\ntwo', 'one\ntwo\nthree')).toEqual({ text: 'ONE\ntwo\nthree', conflicts: [] });
  });

  it('keeps ends of lines as they are', () => {
    const windows = 'one\r\ntwo\r\nthree';
    expect(merged(windows, windows, 'one\r\nTWO\r\nthree').text).toBe('one\r\nTWO\r\nthree');
    expect(joinMerge(mergeLines('a', 'b', 'c'), ['both'])).toBe('b\nc');
    expect(linesOf(windows).join('\n')).toBe(windows);
  });

  it('is one of its sides where the other is the base, whatever the texts are', () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const lines = () => Array.from({ length: random(12) }, () => 'abc'[random(3)] ?? '').join('\n');
    for (let round = 0; round < 2_000; round += 1) {
      const [first, second] = [lines(), lines()];
      expect(merged(first, second, first).text).toBe(second);
      expect(merged(first, first, second).text).toBe(second);
      expect(merged(first, second, second).text).toBe(second);
      const places = [...matchLines(linesOf(first), linesOf(second))].filter((place) => place >= 0);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(new Set(places).size).toBe(places.length);
    }
  });

  it('finds the longest common lines', () => {
    const matched = matchLines([...'abcabba'], [...'cbabac']);
    expect(matched.filter((place) => place >= 0)).toHaveLength(4);
  });

  it('ends on texts that have nothing in common', () => {
    const many = (name: string) => Array.from({ length: 5_000 }, (_, index) => `${name} ${index}\n`).join('');
    expect(merged(many('base'), many('theirs'), many('yours')).conflicts).toHaveLength(1);
  });
});
