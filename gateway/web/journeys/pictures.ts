// Takes pictures of every page at 1440 and 390 px, light, dark and in German, into SCREENSHOTS (web/screenshots
// by default), and makes those of docs/images from them: `npm run screenshots`. Run by vitest for its fleet,
// apart from the journeys.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { journey } from './support/journey';
import { visitEveryPage, type VisitOptions } from './support/pages';

const directory = process.env['SCREENSHOTS'] ?? fileURLToPath(new URL('../screenshots', import.meta.url));

const DOCUMENTS = fileURLToPath(new URL('../../../docs/images', import.meta.url));

/** The pictures that README.md and docs/WEB.md show. */
const SHOWN = [
  'explore-1440-light',
  'prompt-1440-light',
  'versions-1440-light',
  'views-1440-light',
  'edit-1440-dark',
  'playground-1440-dark',
  'tests-1440-light',
  'new-dataset-1440-light',
  'dataset-1440-light',
  'run-setup-1440-light',
  'run-1440-light',
  'cell-1440-light',
  'sales-1440-light',
  'statistics-1440-light',
  'admin-people-1440-light',
  'admin-letters-1440-light',
  'admin-pipeline-1440-light',
  'notices-1440-light',
  'help-1440-light',
  'settings-1440-light',
  'explore-390-light',
];

/** The most that a picture of the documents may take, in bytes. */
const MAX_SIZE = 65_000;

const LOOKS: Record<string, VisitOptions> = { light: {}, dark: { colorScheme: 'dark' }, german: { locale: 'de-DE' } };

for (const width of [1440, 390]) {
  for (const [look, options] of Object.entries(LOOKS)) {
    journey(`pictures at ${width} px, ${look}`, async (arrive) => {
      mkdirSync(directory, { recursive: true });
      await visitEveryPage(arrive, { width, ...options }, async ({ name, page, isSignedIn, signedIn }) => {
        if (isSignedIn !== signedIn) return;
        // The bell comes some time after the page.
        if (isSignedIn) await page.locator('.notice-bell').waitFor();
        await page.screenshot({ path: `${directory}/${name}-${width}-${look}.png` });
      });
    });
  }
}

journey('pictures of the documents', async (arrive) => {
  const { page } = await arrive('painter');
  for (const name of SHOWN) {
    const picture = readFileSync(`${directory}/${name}.png`).toString('base64');
    // The browser is what can write WebP here.
    const small = await page.evaluate(async (png) => {
      const image = new Image();
      image.src = `data:image/png;base64,${png}`;
      await image.decode();
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [image.width, image.height];
      canvas.getContext('2d')?.drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', 0.7).replace(/^.*,/, '');
    }, picture);
    const file = Buffer.from(small, 'base64');
    expect(file.length, name).toBeLessThan(MAX_SIZE);
    writeFileSync(`${DOCUMENTS}/web-${name}.webp`, file);
  }
});
