import { expect, test } from 'vitest';
import { diffLines, diffWords, fold, matches, splitWords, type WordPart } from '../src/text/diff';

const before = (parts: WordPart[]) => parts.filter((part) => part.kind !== 'added').map((part) => part.text).join('');
const after = (parts: WordPart[]) => parts.filter((part) => part.kind !== 'removed').map((part) => part.text).join('');
const changes = (parts: WordPart[]) => parts.filter((part) => part.kind !== 'same');

test('one inserted line is one added line, and the rest is the same', () => {
  const lines = diffLines('a\nb\nc', 'a\nnew\nb\nc');
  expect(lines.map((line) => `${line.kind} ${line.text}`)).toEqual(['same a', 'added new', 'same b', 'same c']);
  expect(lines.map((line) => [line.before, line.after])).toEqual([[1, 1], [undefined, 2], [2, 3], [3, 4]]);
});

test('one word in a line of 5,000 characters is the only change', () => {
  const words = Array.from({ length: 800 }, (_, index) => `word${index}`);
  const text = words.join(' ');
  const lines = diffLines(text, text.replace('word400', 'other'));
  expect(lines).toHaveLength(2);
  expect(changes(lines[0]?.words ?? [])).toEqual([{ kind: 'removed', text: 'word400' }]);
  expect(changes(lines[1]?.words ?? [])).toEqual([{ kind: 'added', text: 'other' }]);
});

test('Chinese text is compared by words, not as one', () => {
  const parts = diffWords('请为商品写一份产品说明书,语气亲切。', '请为商品写一份产品说明书,语气正式。');
  expect(changes(parts)).toEqual([
    { kind: 'removed', text: '亲切' },
    { kind: 'added', text: '正式' },
  ]);
});

test('a line that is another one altogether is not paired', () => {
  const lines = diffLines('the quick brown fox', 'lorem ipsum dolor sit');
  expect(lines.map((line) => line.words)).toEqual([undefined, undefined]);
});

test('an emoji and a letter with its mark are not torn apart', () => {
  expect(splitWords('👩‍👩‍👧 café')).toEqual(['👩‍👩‍👧', ' ', 'café']);
});

test('no word is torn apart in a long text without spaces', () => {
  const words = ['👩‍👩‍👧', 'Überschrift', ',', '亲切', '。'];
  expect(splitWords(words.join('').repeat(400))).toEqual(Array.from({ length: 400 }, () => words).flat());
});

test('both texts can be read back from any comparison', () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const alphabet = ['a', 'b', ' ', '\n', '商品', 'é', '{{x}}', '👍', '\t'];
  const text = () => Array.from({ length: random(40) }, () => alphabet[random(alphabet.length)]).join('');
  for (let round = 0; round < 500; round++) {
    const [left, right] = [text(), text()];
    const parts = diffWords(left, right);
    expect(before(parts)).toBe(left);
    expect(after(parts)).toBe(right);
    const lines = diffLines(left, right);
    expect(lines.filter((line) => line.kind !== 'added').map((line) => line.text).join('\n')).toBe(left);
    expect(lines.filter((line) => line.kind !== 'removed').map((line) => line.text).join('\n')).toBe(right);
  }
});

test('the common stretches are as long as they can be', () => {
  const common = (a: string, b: string) => matches([...a], [...b]).reduce((sum, match) => sum + match.length, 0);
  expect(common('ABCABBA', 'CBABAC')).toBe(4);
  expect(common('', 'abc')).toBe(0);
  expect(common('abc', 'abc')).toBe(3);
});

test('texts without anything in common are replaced whole', () => {
  const lines = (word: string) => Array.from({ length: 20_000 }, (_, index) => `${word} ${index}`).join('\n');
  expect(diffLines(lines('a'), lines('b'))).toHaveLength(40_000);
});

test('a fold hides more lines than it takes', () => {
  const text = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  const sections = fold(diffLines(text.join('\n'), text.with(4, 'other').with(13, 'other').join('\n')));
  expect(sections.map((section) => section.kind)).toEqual(['lines', 'skipped']);
});

test('unchanged lines far from a change are folded', () => {
  const text = Array.from({ length: 50 }, (_, index) => `line ${index}`);
  const sections = fold(diffLines(text.join('\n'), text.with(25, 'other').join('\n')));
  expect(sections.map((section) => [section.kind, section.lines.length])).toEqual([['skipped', 22], ['lines', 8], ['skipped', 21]]);
});
