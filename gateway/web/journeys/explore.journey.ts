import { expect } from 'vitest';
import { words } from '../src/words/en';
import { holdBack } from './support/holdBack';
import { journey } from './support/journey';

const rows = '.prompt-list > li';

journey('somebody without an account finds a prompt: a screen of them, a search as one types, a filter, more', async (arrive) => {
  const { page } = await arrive('visitor');
  await page.goto('/explore');
  await page.locator(rows).first().waitFor();
  const visible = await page.locator(rows).evaluateAll((items) => items.filter((item) => item.getBoundingClientRect().bottom <= innerHeight).length);
  expect(visible).toBeGreaterThanOrEqual(12);

  await page.keyboard.press('/');
  await page.keyboard.type('glaciers');
  await page.waitForURL(/q=glaciers/);
  await page.locator(`${rows} mark`).first().waitFor();
  for (const title of await page.locator(`${rows} h2`).allInnerTexts()) expect(title).toContain('glaciers');
  // Escape closes one thing: the suggestions, then the search.
  await page.getByRole('listbox').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('listbox').waitFor({ state: 'hidden' });
  expect(page.url()).toContain('glaciers');
  await page.keyboard.press('Escape');
  await expect.poll(() => page.url()).not.toContain('glaciers');

  await page.getByRole('link', { name: /^Code/ }).first().click();
  await page.waitForURL(/category=Code/);
  await expect.poll(() => page.locator(rows).count()).toBe(8);
  await page.getByRole('link', { name: words.explore.remove('Code') }).click();
  await expect.poll(() => page.locator(rows).count()).toBeGreaterThan(8);
});

journey('an older answer never stands over a newer one', async (arrive) => {
  const visitor = await arrive('visitor');
  const { page } = visitor;
  await page.goto('/explore');
  await page.locator(rows).first().waitFor();
  const release = await holdBack(page, /[?&](q|query|keyword)=tides(&|$)/);
  const box = page.getByRole('combobox', { name: words.search.label });
  await box.fill('tides');
  await page.waitForURL(/q=tides/);
  await box.fill('violins');
  const found = page.locator('.prompt-list[aria-busy=false] mark', { hasText: 'violins' }).first();
  await found.waitFor();
  release();
  await visitor.comesToRest();
  await found.waitFor();
  for (const title of await page.locator(`${rows} h2`).allInnerTexts()) expect(title).toContain('violins');
});

journey('nothing found says so and what may help', async (arrive) => {
  const { page } = await arrive('visitor');
  await page.goto('/explore?q=xyzzyplugh');
  await page.getByRole('heading', { name: words.explore.nothingFound('xyzzyplugh') }).waitFor();
});

journey('copying in a list gives the bytes that are stored', async (arrive) => {
  const { page, url } = await arrive('visitor');
  await page.goto('/explore?q=bread');
  const row = page.locator(rows).filter({ hasText: 'Writing: bread' });
  await row.getByRole('button', { name: words.explore.copy('Writing: bread') }).click();
  await page.getByText(words.prompt.copied).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const href = await row.locator('h2 a').getAttribute('href');
  const stored = (await (await fetch(`${url}/prompts/${href?.split('/').pop()}`)).json()) as { content: string };
  expect(copied).toBe(stored.content);
});

journey('a filter that is set on the second page begins at the first, and going back shows both pages again', async (arrive) => {
  const { page } = await arrive('visitor');
  await page.goto('/explore?sort=new');
  await page.locator(rows).first().waitFor();
  const first = await page.locator(rows).count();
  await page.getByRole('button', { name: words.explore.more }).click();
  await expect.poll(() => page.locator(rows).count()).toBeGreaterThan(first);
  const both = await page.locator(`${rows} h2`).allInnerTexts();
  await page.getByRole('link', { name: /^Research/ }).first().click();
  await page.waitForURL(/category=Research/);
  // All of the category, and nothing of the list before.
  await expect.poll(() => page.locator(rows).count()).toBe(8);
  for (const title of await page.locator(`${rows} h2`).allInnerTexts()) expect(title).toMatch(/^Research:/);
  await page.goBack();
  await expect.poll(() => page.locator(`${rows} h2`).allInnerTexts()).toEqual(both);
});
