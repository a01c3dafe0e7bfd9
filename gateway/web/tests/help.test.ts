import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import assertionDocument from '../../../docs/openapi/test.json';
import { fillInText, variablesOf } from '../src/text/placeholders';

const read = (topic: string) => readFileSync(new URL(`../../../docs/help/${topic}.md`, import.meta.url), 'utf8');

const EXAMPLES = {
  'placeholders': /^- `(.+?)` (stays text|is the placeholder `(.+?)`)(?:.*? gives (?:`(.+?)`(?=[:.,]|$)|(nothing)))?/gm,
  'de/placeholders': /^- `(.+?)` (bleibt Text|ist der Platzhalter `(.+?)`)(?:.*? ergibt (?:`(.+?)`(?=[:.,]|$)|(nichts)))?/gm,
};

test.each(Object.entries(EXAMPLES))('every example of %s is what it says', (topic, pattern) => {
  const help = read(topic);
  const examples = [...help.matchAll(pattern)];
  expect(examples.length).toBe(help.match(/^- /gm)?.length);
  for (const [, text = '', , name, given, nothing] of examples) {
    expect(variablesOf(text).map((variable) => variable.name), text).toEqual(name === undefined ? [] : [name]);
    if (given !== undefined) expect(fillInText(text, {}), text).toBe(given);
    if (nothing !== undefined) expect(fillInText(text, {}), text).toBe('');
  }
});

test.each(['assertions', 'de/assertions'])('%s names every type there is, and no other', (topic) => {
  const { pattern } = assertionDocument.components.schemas.Assertion.properties.type;
  const types = new RegExp(pattern);
  const named = [...read(topic).matchAll(/^- `([a-z-]+)`/gm)].map(([, type = '']) => type);
  for (const type of named) expect(type).toMatch(types);
  const known = ['equals', 'icontains', ...(/\((equals.*?)\)\$/.exec(pattern)?.[1]?.replace('i?contains', 'contains').split('|') ?? [])];
  expect(new Set(named)).toEqual(new Set(known));
});
