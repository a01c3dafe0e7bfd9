import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import assertionDocument from '../../../docs/openapi/test.json';
import { fillInText, variablesOf } from '../src/text/placeholders';

const read = (topic: string) => readFileSync(new URL(`../../../docs/help/${topic}.md`, import.meta.url), 'utf8');

test('every example of the help on placeholders is what it says', () => {
  const help = read('placeholders');
  const examples = [...help.matchAll(/^- `(.+?)` (stays text|is the placeholder `(.+?)`)(?:.*? gives (?:`(.+?)`(?=[:.,]|$)|(nothing)))?/gm)];
  expect(examples.length).toBe(help.match(/^- /gm)?.length);
  for (const [, text = '', , name, given, nothing] of examples) {
    expect(variablesOf(text).map((variable) => variable.name), text).toEqual(name === undefined ? [] : [name]);
    if (given !== undefined) expect(fillInText(text, {}), text).toBe(given);
    if (nothing !== undefined) expect(fillInText(text, {}), text).toBe('');
  }
});

test('the help on assertions names every type there is, and no other', () => {
  const { pattern } = assertionDocument.components.schemas.Assertion.properties.type;
  const types = new RegExp(pattern);
  const named = [...read('assertions').matchAll(/^- `([a-z-]+)`/gm)].map(([, type = '']) => type);
  for (const type of named) expect(type).toMatch(types);
  const known = ['equals', 'icontains', ...(/\((equals.*?)\)\$/.exec(pattern)?.[1]?.replace('i?contains', 'contains').split('|') ?? [])];
  expect(new Set(named)).toEqual(new Set(known));
});
