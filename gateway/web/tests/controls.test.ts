import { expect, test } from 'vitest';
import { piecesOf } from '../src/text/controls';

test('characters that nobody would see are named, and all others stay as they are', () => {
  expect(piecesOf('\ufeff{"a":\n"b\u202ec"}\0\0\0')).toEqual([
    { kind: 'control', name: 'U+FEFF', count: 1 },
    { kind: 'text', text: '{"a":\n"b' },
    { kind: 'control', name: 'U+202E', count: 1 },
    { kind: 'text', text: 'c"}' },
    { kind: 'control', name: 'U+0000', count: 3 },
  ]);
  // What joins letters and faces belongs to them.
  const joined = 'می\u200cخواهم 👩\u200d🚀\t\r\n';
  expect(piecesOf(joined)).toEqual([{ kind: 'text', text: joined }]);
  expect(piecesOf('')).toEqual([]);
});

test('a text of nothing else is not cut without end, and loses nothing', () => {
  const text = '\u0001\u0002'.repeat(30_000);
  const pieces = piecesOf(text);
  expect(pieces.length).toBeLessThan(3_000);
  expect(pieces.reduce((sum, piece) => sum + (piece.kind === 'text' ? piece.text.length : piece.count), 0)).toBe(text.length);
});
