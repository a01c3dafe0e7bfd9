import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { findViolations } from './support/axe';
import { journey } from './support/journey';
import { visitEveryPage } from './support/pages';

/** Returns what is wider than the screen, by class. */
function sideways(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const wide = [...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > width + 1);
    return wide.map((element) => `${element.tagName.toLowerCase()}.${element.className}`).slice(0, 5);
  });
}

for (const width of [1440, 390]) {
  journey(`every page is accessible in both themes, and nothing scrolls sideways, at ${width} px`, async (arrive) => {
    const found: string[] = [];
    await visitEveryPage(arrive, { width, reducedMotion: 'reduce' }, async ({ name, page }) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        found.push(...(await findViolations(page)).map((line) => `${name}, ${colorScheme}: ${line}`));
      }
      found.push(...(await sideways(page)).map((line) => `${name}: wider than the screen: ${line}`));
    });
    expect(found).toEqual([]);
  });
}

journey('nothing scrolls sideways at 320 px', async (arrive) => {
  const found: string[] = [];
  await visitEveryPage(arrive, { width: 320, reducedMotion: 'reduce', once: true }, async ({ name, page }) => {
    found.push(...(await sideways(page)).map((line) => `${name}: ${line}`));
  });
  expect(found).toEqual([]);
});
