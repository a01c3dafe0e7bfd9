import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { literalsOf } from '../src/text/literals';
import { fillIn, fillInText, render, variablesOf } from '../src/text/placeholders';

interface Vectors {
  renders: ({ template: string; values: Record<string, string> } & ({ rendered: string } | { missing: string[]; unknown: string[] }))[];
  literals: { template: string; literals: string[] }[];
}

// The Rust test of crates/template reads the same file.
const path = new URL('../../../crates/template/vectors/placeholders.json', import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(path, 'utf8'));

test('there are vectors', () => {
  expect(vectors.renders.length).toBeGreaterThan(50);
  expect(vectors.literals.length).toBeGreaterThan(20);
});

for (const vector of vectors.renders) {
  test(`renders ${JSON.stringify(vector.template)} as the server does`, () => {
    const expected =
      'rendered' in vector ? { content: vector.rendered } : { missing: vector.missing, unknown: vector.unknown };
    expect(render(vector.template, vector.values)).toEqual(expected);
  });
}

for (const vector of vectors.literals) {
  test(`lists the literals of ${JSON.stringify(vector.template)} as the server does`, () => {
    expect(literalsOf(vector.template)).toEqual(vector.literals);
  });
}

test('variables come once each, with their first default, and are required where one place has none', () => {
  expect(variablesOf('{{a:x}} {{b}} {{a}} {{b:y}} {{c:}}')).toEqual([
    { name: 'a', default: 'x', isRequired: true },
    { name: 'b', default: 'y', isRequired: true },
    { name: 'c', default: '', isRequired: false },
  ]);
});

test('what has no value yet keeps its braces', () => {
  expect(fillInText('{{a}} {{b:x}} {{c}}', { c: '1' })).toBe('{{a}} x 1');
  expect(fillIn('{{a}}{{b:x}}{{c}}', { c: '1' }).map((part) => part.kind)).toEqual(['missing', 'default', 'value']);
});

test.each(['{', '{{', '{{a', '{{a:', '{{a:b', '\\', '\\{{', '{{a:}', '{{a:{b', '${a:', '{{a:\n', '{{{a:{b}', '{{a: '])(
  'hostile repetition of %j takes linear time',
  (unit) => {
    const text = unit.repeat(Math.floor(300_000 / unit.length));
    // Quadratic time would be minutes, which is beyond the test's limit.
    expect(variablesOf(text)).toEqual([]);
    expect(literalsOf(text + '}'.repeat(text.length)).length).toBeLessThanOrEqual(50);
  },
);
