// Fails when a page's first load has more than its budget of Brotli script, or the HTML more than its own.
import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';

const KIB = 1024;
const SCRIPT_LIMIT = 150 * KIB;
const SCRIPT_LIMITS = { 'src/pages/sign-in/index.tsx': 120 * KIB, 'src/pages/prompt/index.tsx': 120 * KIB };
const HTML_LIMIT = 40 * KIB;
const HEAVY = ['@codemirror', 'react-markdown'];

const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));
const size = (file) => brotliCompressSync(readFileSync(new URL(file, dist))).length;

/** Collects the files that loading a chunk brings with it. */
function collect(key, files = new Set()) {
  const chunk = manifest[key];
  if (!chunk || files.has(chunk.file)) return files;
  files.add(chunk.file);
  for (const imported of chunk.imports ?? []) collect(imported, files);
  return files;
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const pages = Object.keys(manifest).filter((key) => /^src\/pages\/[^/]+\/index\.tsx$/.test(key));
const problems = [];
const kib = (bytes) => `${(bytes / KIB).toFixed(1)} KiB`;

for (const page of pages.toSorted()) {
  const files = collect(page, collect(entry));
  const scripts = [...files].filter((file) => file.endsWith('.js'));
  const total = scripts.reduce((sum, file) => sum + size(file), 0);
  const limit = SCRIPT_LIMITS[page] ?? SCRIPT_LIMIT;
  console.log(`${page.padEnd(36)} ${kib(total).padStart(10)} of ${kib(limit)} in ${scripts.length} scripts`);
  if (total > limit) problems.push(`${page} loads ${kib(total)} of script; its budget is ${kib(limit)}`);
  for (const file of scripts) {
    const heavy = HEAVY.find((name) => file.includes(name.replace('@', '')));
    if (heavy) problems.push(`${page} loads ${heavy} at once; import it lazily`);
  }
}

const index = readFileSync(new URL('index.html', dist), 'utf8');
const html = Buffer.byteLength(index);
console.log(`${'index.html'.padEnd(36)} ${kib(html).padStart(10)} of ${kib(HTML_LIMIT)}`);
// A second one would be linked before the one that says the order of the cascade's layers, and change it.
if (index.match(/rel="stylesheet"/g)?.length !== 1) problems.push('index.html must link one style sheet');
if (html > HTML_LIMIT) problems.push(`index.html has ${kib(html)}`);
if (pages.length === 0) problems.push('the manifest names no page');

for (const problem of problems) console.error(`budget: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
