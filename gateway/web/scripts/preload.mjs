// Writes into dist/preload.js which files the pages have that people come to first, besides those of every page.
import { readFileSync, writeFileSync } from 'node:fs';

const PAGES = [
  { path: '^/(explore)?$', entry: 'src/pages/explore/index.tsx' },
  { path: '^/p/[^/]+$', entry: 'src/pages/prompt/index.tsx' },
];

const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));

/** Collects the files that loading a chunk brings with it. */
function collect(key, files = new Set()) {
  const chunk = manifest[key];
  if (!chunk) throw new Error(`the manifest does not name ${key}`);
  if (files.has(chunk.file)) return files;
  files.add(chunk.file);
  for (const style of chunk.css ?? []) files.add(style);
  for (const imported of chunk.imports ?? []) collect(imported, files);
  return files;
}

const frame = collect(Object.keys(manifest).find((key) => manifest[key].isEntry));
const pages = PAGES.map(({ path, entry }) => ({ path, files: [...collect(entry)].filter((file) => !frame.has(file)) }));

const script = new URL('preload.js', dist);
const source = readFileSync(script, 'utf8');
const filled = source.replace('var pages = [];', `var pages = ${JSON.stringify(pages)};`);
if (filled === source) throw new Error('preload.js has no place for the pages');
writeFileSync(script, filled);
