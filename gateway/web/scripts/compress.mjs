// Writes a .br and a .gz beside each file of dist that gets smaller by it: the gateway serves them
// as they are, and compresses nothing per request.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const compressible = /\.(html|js|css|svg|json|txt|webmanifest)$/;

for (const name of readdirSync(dist, { recursive: true })) {
  // The gateway writes a nonce into index.html, so it cannot be served as compressed here.
  if (!compressible.test(name) || name === 'index.html' || name.startsWith('.vite')) continue;
  const path = join(dist, name);
  const content = readFileSync(path);
  const brotli = brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  const gzip = gzipSync(content, { level: 9 });
  if (brotli.length < content.length) writeFileSync(`${path}.br`, brotli);
  if (gzip.length < content.length) writeFileSync(`${path}.gz`, gzip);
}
