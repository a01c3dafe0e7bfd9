import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { journey } from './support/journey';
import { pagesToSee } from './support/pages';
import { author, signIn } from './support/steps';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

declare const axe: { run: (context: Document, options: object) => Promise<AxeResults> };

/** Returns what axe finds, one line for each rule and element. */
async function violations(page: Page): Promise<string[]> {
  // Evaluated by the browser's protocol, which the content policy does not govern.
  await page.evaluate(AXE);
  const results = await page.evaluate((tags) => axe.run(document, { runOnly: tags }), TAGS);
  return results.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')} (${node.failureSummary ?? ''})`));
}

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
  for (const colorScheme of ['light', 'dark'] as const) {
    journey(`every page is accessible and nothing scrolls sideways at ${width} px, ${colorScheme}`, async (arrive) => {
      const options = { width, colorScheme, reducedMotion: 'reduce' } as const;
      const visitor = await arrive('visitor', options);
      const ada = await arrive('ada', options);
      const api = await author(ada.url, ada.account);
      const promptId = await api.createPrompt({
        title: 'A prompt to look at',
        content: 'Explain {{topic}} to {{audience:a curious child}}.',
        category: 'Education',
      });
      const { id: listingId } = await api.post<{ id: string }>('/api/marketplace/listings', { promptId: await api.createPrompt({ title: 'To buy', content: 'A text, {{name}}.', category: 'Business' }), price: 5 });
      await signIn(ada);
      await ada.page.waitForURL((url) => url.pathname !== '/sign-in');
      const found: string[] = [];
      for (const { name, path, ready, signedIn = false } of pagesToSee(promptId, ada.account.username, listingId)) {
        for (const { page } of signedIn ? [ada] : [visitor, ada]) {
          if (page === ada.page && /sign-in|register/.test(path)) continue;
          await page.goto(path);
          await page.locator(ready).first().waitFor();
          await page.waitForLoadState('networkidle');
          found.push(...(await violations(page)).map((line) => `${name}: ${line}`));
          found.push(...(await sideways(page)).map((line) => `${name}: wider than the screen: ${line}`));
        }
      }
      expect(found).toEqual([]);
    });
  }
}
