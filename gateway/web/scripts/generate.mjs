// Makes src/api/generated/*.ts from docs/openapi/*.json. The types are not checked in: they are made
// again whenever a document is newer, so they cannot be out of date.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const documents = new URL('../../../docs/openapi/', import.meta.url);
const target = new URL('../src/api/generated/', import.meta.url);
mkdirSync(target, { recursive: true });

const modified = (url) => statSync(url, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const self = modified(new URL(import.meta.url));

for (const file of readdirSync(documents).filter((name) => name.endsWith('.json'))) {
  const source = new URL(file, documents);
  const output = new URL(file.replace(/\.json$/, '.ts'), target);
  if (modified(output) > Math.max(modified(source), self)) continue;
  const types = await openapiTS(JSON.parse(readFileSync(source, 'utf8')));
  writeFileSync(output, astToString(types));
  console.log(`generated ${fileURLToPath(output)}`);
}
