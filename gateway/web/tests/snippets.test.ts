import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { handOverAddress, snippetsOf, TOOLS } from '../src/text/snippets';

const hostile = `it's $(touch /tmp/x) \`id\` "q" \\ \n!! \u2028 {{a}} %s`;

test('a shell reads back the values as they are', () => {
  const curl = snippetsOf('http://host', 'id', 3, { a: hostile })[0]?.code ?? '';
  const script = curl.replace(/^curl -s/, "printf '%s\\n' ").replace(/ -d /, ' ');
  const output = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
  const json = output.slice(output.indexOf('{'));
  expect(JSON.parse(json)).toEqual({ variables: { a: hostile }, version: 3 });
});

test('JavaScript reads back the values as they are', () => {
  const code = snippetsOf('http://host', 'id', undefined, { a: hostile })[2]?.code ?? '';
  const body = /body: JSON\.stringify\(([\s\S]*)\),\n\}\);/.exec(code)?.[1] ?? '';
  expect(JSON.parse(body)).toEqual({ variables: { a: hostile } });
});

test('a prompt that is too long for an address is not handed over in one', () => {
  const tool = TOOLS[0];
  if (!tool) throw new Error('there is no tool');
  expect(handOverAddress(tool, 'a b&c')).toBe('https://chatgpt.com/?q=a%20b%26c');
  expect(handOverAddress(tool, 'a'.repeat(7_000))).toBeDefined();
  // Each of these is nine characters in an address.
  expect(handOverAddress(tool, '商'.repeat(1_000))).toBeUndefined();
  expect(handOverAddress(tool, '\ud800')).toBeDefined();
});
