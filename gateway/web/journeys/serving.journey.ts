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
    const visitor = await arrive('visitor', { width });
    const { page } = visitor;
    for (const path of ['/explore', '/sign-in', '/explore?q=bread']) {
      await page.goto(path);
      await visitor.comesToRest();
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

journey('the pages live under a policy that lets nothing but their own scripts and styles in', async (arrive) => {
  const visitor = await arrive('visitor');
  const { page, url } = visitor;
  const policy = async () => (await page.request.get('/new', { headers: { accept: 'text/html' } })).headers()['content-security-policy'] ?? '';
  const directives = Object.fromEntries((await policy()).split(';').map((part) => [part.trim().split(' ')[0], part.trim().split(' ').slice(1).join(' ')]));
  expect(directives['script-src'] ?? directives['default-src']).toBe("'self'");
  expect(directives['style-src']).toMatch(/^'self' 'nonce-[\w+/=-]{16,}'$/);
  for (const sources of Object.values(directives)) expect(sources).not.toMatch(/unsafe|\*|https?:/);
  expect(await policy()).not.toBe(await policy());

  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      const seen = (globalThis as { violations?: string[] }).violations ?? [];
      (globalThis as { violations?: string[] }).violations = [...seen, `${event.violatedDirective} ${event.blockedURI}`];
    });
  });
  const violations = () => page.evaluate(() => (globalThis as { violations?: string[] }).violations ?? []);
  await page.goto('/new');
  await page.locator('.cm-content').waitFor();
  // The editor's own style sheet is in force: it is the one that needs the nonce.
  expect(await page.locator('.cm-scroller').evaluate((element) => getComputedStyle(element).display)).toBe('flex');
  expect(await violations()).toEqual([]);
  // The watch itself works: what somebody injects is refused, and seen.
  const ran = await page.evaluate(async (origin) => {
    const script = document.createElement('script');
    script.textContent = 'globalThis.injected = true';
    document.body.append(script);
    await fetch(`${origin.replace('localhost', '127.0.0.1')}/health`).catch(() => undefined);
    return (globalThis as { injected?: boolean }).injected === true;
  }, url);
  expect(ran).toBe(false);
  await expect.poll(async () => (await violations()).map((line) => line.split(' ')[0]?.split('-')[0])).toEqual(['script', 'connect']);
  expect(visitor.problems.splice(0).join('\n')).toMatch(/Content Security Policy/);
});
