import { cpSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, inject } from 'vitest';
import { words } from '../src/words/en';
import { journey } from './support/journey';

/** The layout shifts of a page since it began, without those that follow a key or a click. */
async function shifts(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        const observer = new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
            if (!entry.hadRecentInput) sum += entry.value;
          }
        });
        observer.observe({ type: 'layout-shift', buffered: true });
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
      }),
  );
}

journey('the layout of a page does not jump while it loads', async (arrive) => {
  for (const width of [1440, 390]) {
    const { page } = await arrive('visitor', { width });
    for (const path of ['/explore', '/sign-in', '/explore?q=bread']) {
      await page.goto(path);
      await page.waitForLoadState('networkidle');
      expect(await shifts(page), `${path} at ${width} px`).toBeLessThanOrEqual(0.05);
    }
  }
});

journey('a new build under an open tab: the tab goes on, and a page of it that is gone loads again', async (arrive) => {
  const webDir = inject('webDir');
  if (webDir === '') return;
  const kept = mkdtempSync(join(tmpdir(), 'journeys-build-'));
  cpSync(webDir, kept, { recursive: true });
  const visitor = await arrive('visitor');
  const { page } = visitor;
  await page.goto('/explore');
  await page.locator('.prompt-list > li').first().waitFor();
  try {
    putUpNewBuild(webDir);
    await expect.poll(() => fetchPage(page), { timeout: 20_000 }).toContain('<!-- a new build -->');
    // A chunk that the tab has not loaded yet: of the build before, or, if that is gone, after a new load.
    visitor.expects(404, /^\/assets\//);
    await page.getByRole('link', { name: words.navigation.signIn }).click();
    await page.locator('main form').waitFor();
  } finally {
    rmSync(webDir, { recursive: true });
    cpSync(kept, webDir, { recursive: true });
    rmSync(kept, { recursive: true });
    await expect.poll(() => fetchPage(page), { timeout: 20_000 }).not.toContain('<!-- a new build -->');
  }
});

/** Gives the scripts other names, as a build of other sources does. */
function putUpNewBuild(webDir: string): void {
  const assets = join(webDir, 'assets');
  const names = readdirSync(assets).filter((name) => name.endsWith('.js'));
  const rename = (text: string) => names.reduce((all, name) => all.replaceAll(name, newName(name)), text);
  for (const name of names) {
    const text = readFileSync(join(assets, name), 'utf8');
    writeFileSync(join(assets, name), rename(text));
    renameSync(join(assets, name), join(assets, newName(name)));
    for (const ending of ['.br', '.gz']) rmSync(join(assets, name + ending), { force: true });
  }
  const index = join(webDir, 'index.html');
  writeFileSync(index, `${rename(readFileSync(index, 'utf8'))}<!-- a new build -->`);
}

function newName(name: string): string {
  return name.replace(/\.js$/, '2.js');
}

/** Asks for the page as a browser does that goes there; `fetch` says of itself that it does not. */
async function fetchPage(page: Page): Promise<string> {
  return (await page.request.get('/', { headers: { accept: 'text/html' } })).text();
}
