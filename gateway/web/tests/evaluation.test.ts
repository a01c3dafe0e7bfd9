import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Assertion, Cell, EvaluationRunComparison } from '../src/api/types';
import { assertionOf, draftOf, KINDS, newDraft, problemsOf } from '../src/evaluation/assertions';
import { namedJson, sourceOfFile } from '../src/pages/new-dataset/source';
import { fitOf } from '../src/pages/run-setup/fit';
import { changeOf } from '../src/pages/run/answerChange';
import { blockOf, gridRows } from '../src/pages/run/cells';
import { cellLine, csvValue, headLine } from '../src/pages/run/csv';
import { moved } from '../src/pages/run/gridKeys';
import { changesOf, rowsToShow } from '../src/pages/run/rows';

const api = JSON.parse(readFileSync(new URL('../../../docs/openapi/test.json', import.meta.url), 'utf8')) as {
  components: { schemas: { Assertion: { properties: { type: { description: string; pattern: string } } } } };
};

test('every type of assertion that the API describes can be chosen, and no other', () => {
  const { description, pattern } = api.components.schemas.Assertion.properties.type;
  const described = [...description.matchAll(/`([a-z-]+[a-z])`/g)].map(([, name]) => name);
  expect(Object.keys(KINDS).toSorted()).toEqual(described.toSorted());
  for (const kind of Object.keys(KINDS)) expect(kind).toMatch(new RegExp(pattern));
});

test('an assertion of an earlier run is the same after it was a draft', () => {
  const assertions: Assertion[] = [
    { type: 'not-icontains', value: '{{name}}', weight: 2 },
    { type: 'equals', value: '{{expected}}', trim: true },
    { type: 'equals', value: { a: 1 } },
    { type: 'contains-any', value: ['one', 'two'] },
    { type: 'word-count', value: { min: 2 } },
    { type: 'levenshtein', value: 'near', threshold: 3 },
    { type: 'levenshtein', value: 'near' },
    { type: 'latency', threshold: 1500 },
    { type: 'is-json' },
    { type: 'json-schema', value: { type: 'object' } },
  ];
  for (const assertion of assertions) {
    const draft = draftOf(assertion, 1);
    expect(problemsOf(draft, ['name']), assertion.type).toEqual({});
    expect(assertionOf(draft)).toEqual(assertion);
  }
});

test('what is missing or wrong in an assertion is found by field', () => {
  const draft = newDraft(1);
  expect(problemsOf(draft, [])).toHaveProperty('value');
  expect(problemsOf({ ...draft, value: '{{nobody}}' }, ['name'])).toHaveProperty('value');
  expect(problemsOf({ ...draft, value: '{{expected}}' }, [])).toEqual({});
  expect(problemsOf({ ...draft, kind: 'json-schema', value: '{' }, [])).toHaveProperty('value');
  expect(problemsOf({ ...draft, kind: 'word-count' }, [])).toHaveProperty('min');
  expect(problemsOf({ ...draft, kind: 'cost', threshold: 'cheap' }, [])).toHaveProperty('threshold');
});

test('columns and placeholders are held against each other', () => {
  const uses = [{ ...newDraft(1), value: '{{city}}' }];
  expect(fitOf(['name', 'city', 'left'], ['Greet {{name}} in {{language}}, {{tone:warmly}}.'], uses)).toEqual({ missing: ['language'], unused: ['left'] });
});

test('a file in UTF-16 becomes UTF-8, and any other is sent byte by byte', async () => {
  const bytes = new Uint8Array([0xff, 0xfe, 0x61, 0x00, 0xe9, 0x00]);
  expect((await sourceOfFile(new File([bytes], 'a.csv'))).body).toBe('aé');
  const other = new File([new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff])], 'b.csv');
  expect((await sourceOfFile(other)).body).toBe(other);
});

test('a JSON file gets the name that was given, and one that is broken goes as it is', () => {
  expect(JSON.parse(namedJson('[{"variables":{}}]', 'Mine'))).toEqual({ name: 'Mine', rows: [{ variables: {} }] });
  expect(JSON.parse(namedJson('{"name":"Old","rows":[]}', 'Mine'))).toEqual({ name: 'Mine', rows: [] });
  expect(namedJson('{"rows":', 'Mine')).toBe('{"rows":');
});

test('a text of the results is no formula in a spreadsheet, and a number stays a number', () => {
  expect(csvValue('=HYPERLINK("http://x")')).toBe('"\'=HYPERLINK(""http://x"")"');
  for (const text of ['+1', '-1', '@SUM', '＝1']) expect(csvValue(text)).toBe(`'${text}`);
  expect(csvValue('\t=1')).toBe('"\'\t=1"');
  expect(csvValue(-1)).toBe('-1');
  expect(csvValue('two\nlines')).toBe('"two\nlines"');
  expect(csvValue(null)).toBe('');
});

const cell = (rowNumber: number, targetIndex: number): Cell => ({
  testId: '',
  rowNumber,
  targetIndex,
  modelProvider: 'MOCK',
  modelName: 'mock',
  status: 'COMPLETED',
  passed: true,
  responseIncomplete: false,
  responsePreview: 'An answer',
  variables: { name: 'Ada' },
  expected: 'Hello',
});

test('a line of the results has a value for each column, whether the row has it or not', () => {
  const columns = (line: string) => line.split(',').length;
  expect(columns(cellLine(cell(1, 0), ['name', 'city'], 'Hello'))).toBe(columns(headLine(['name', 'city'])));
});

test('rows are asked for whole, and their cells stand under their models', () => {
  expect([blockOf(1, 10), blockOf(10, 10), blockOf(11, 10), blockOf(34, 3)]).toEqual([0, 0, 1, 1]);
  const rows = gridRows([cell(1, 0), cell(1, 1), cell(2, 1)]);
  expect(rows.map((row) => row.cells.length)).toEqual([2, 2]);
  expect([rows[1]?.cells[0], rows[1]?.cells[1]?.preview]).toEqual([undefined, 'An answer']);
  expect(rows[0]?.values).toEqual([['name', 'Ada']]);
});

test('rows that became worse come first, and can be seen alone', () => {
  const of = (rowNumber: number) => ({ rowNumber, testId: '', toTestId: '', passed: false, toPassed: true });
  const target = { modelProvider: 'MOCK' as const, modelName: 'mock', unchanged: 0, open: 0 };
  const targets = [
    { ...target, index: 0, toIndex: 0, regressed: [of(4)], improved: [of(2)] },
    { ...target, index: 1, toIndex: 1, regressed: [of(3), of(4)], improved: [] },
  ];
  const comparison: EvaluationRunComparison = { runId: '', to: '', regressed: 3, improved: 1, unchanged: 0, open: 0, targets };
  expect(rowsToShow(undefined, 5, comparison, [])).toEqual([3, 4, 1, 2, 5]);
  expect(rowsToShow('regressed', 5, comparison, [])).toEqual([3, 4]);
  expect(rowsToShow('improved', 5, comparison, [])).toEqual([2]);
  expect(rowsToShow('failed', 5, comparison, [1])).toEqual([1]);
  expect([...changesOf(comparison)]).toContainEqual(['3-2', 'worse']);
});

test('keys move within the grid and not out of it', () => {
  const key = (name: string, ctrlKey = false) => ({ key: name, ctrlKey, metaKey: false, altKey: false });
  const from = { index: 2, column: 1 };
  expect(moved(key('ArrowDown'), from, 3, 2)).toEqual(from);
  expect(moved(key('ArrowLeft'), from, 3, 2)).toEqual({ index: 2, column: 0 });
  expect(moved(key('End', true), { index: 0, column: 0 }, 3, 2)).toEqual({ index: 2, column: 1 });
  expect(moved(key('a'), from, 3, 2)).toBeNull();
});

test('two answers have the words marked that the other one does not have', () => {
  expect(changeOf('Please say hello to Bob.', 'Say hello to Bob.')).toEqual({
    kind: 'marked',
    before: [{ kind: 'removed', text: 'Please say' }, { kind: 'same', text: ' hello to Bob.' }],
    after: [{ kind: 'added', text: 'Say' }, { kind: 'same', text: ' hello to Bob.' }],
  });
});

test('equal answers are the same, and in answers with little in common nothing is marked', () => {
  expect(changeOf('Hello.', 'Hello.')).toEqual({ kind: 'same' });
  expect(changeOf('The tide rises twice a day.', 'Glaciers are rivers of ice.')).toEqual({ kind: 'different' });
});

test('two answers of 100 KB are compared in bounded time and memory, also without spaces', () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const answer = (words: readonly string[]) => Array.from({ length: 25_000 }, () => words[random(words.length)]).join('');
  for (const words of [['yes ', 'no ', 'maybe '], ['商品说明', '请为亲切', '写一份。'], ['café,', 'ö;', 'thé/']]) {
    const [before, after] = [answer(words), answer(words)];
    expect(changeOf(before, `${before}${words[0]}`).kind).toBe('marked');
    expect(changeOf(before, after)).toEqual({ kind: 'different' });
  }
});
