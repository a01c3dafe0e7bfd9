// The client in another language than English.
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { german } from '../src/words/de';
import { words } from '../src/words/en';
import { english } from '../src/words/translated';
import '../src/words/account';
import '../src/words/admin';
import '../src/words/chart';
import '../src/words/editor';
import '../src/words/help';
import '../src/words/market';
import '../src/words/notices';
import '../src/words/playground';
import '../src/words/purchase';
import '../src/words/tests';
import '../src/words/sales';
import '../src/words/statistics';
import { journey } from './support/journey';
import { visitEveryPage } from './support/pages';

/** Returns the texts of words; functions are left out. */
function textsOf(part: object): string[] {
  return Object.values(part).flatMap((value: unknown) => (typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? textsOf(value) : []));
}

/** Returns what the page says, by the text of each element and by what is only heard. */
function said(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('body *')].flatMap((element) => {
      const heard = ['aria-label', 'placeholder', 'title'].map((name) => element.getAttribute(name) ?? '');
      const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent ?? '');
      return [...heard, ...own].map((text) => text.trim());
    }),
  );
}

journey('a reader whose browser is German reads German everywhere, and numbers and money as Austria writes them', async (arrive) => {
  const inGerman = new Set(textsOf(german));
  // A category that prompts are in is also what an answer is doing.
  const onlyEnglish = new Set(textsOf(english).filter((text) => !inGerman.has(text) && text !== 'Writing'));
  const found: string[] = [];
  await visitEveryPage(arrive, { locale: 'de-AT', once: true }, async ({ name, page }) => {
    const texts = await said(page);
    found.push(...texts.filter((text) => onlyEnglish.has(text)).map((text) => `${name}: ${text}`));
    if (name === 'listing') expect(texts.join('\n')).toMatch(/9,90/);
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
  });
  expect(found).toEqual([]);
});

journey('the language is chosen for this browser, and what was written is kept', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  await page.goto('/new');
  await page.getByLabel(words.navigation.account).waitFor();
  await page.getByRole('textbox', { name: 'Title' }).fill('Half a title');
  await page.getByText('Kept in this browser until you save.').waitFor();
  await page.getByRole('button', { name: words.navigation.account }).click();
  await page.getByLabel(words.navigation.language).selectOption('de');
  await page.getByRole('heading', { name: german.editor.newTitle }).waitFor();
  expect(await page.getByRole('textbox', { name: german.editor.title }).inputValue()).toBe('Half a title');
  await page.goto('/settings');
  await page.getByRole('heading', { name: german.account.settings.title, exact: true }).waitFor();
  await page.getByLabel(german.common.navigation.language).first().selectOption({ label: german.common.navigation.browserLanguage });
  await page.getByRole('heading', { name: 'Settings', exact: true }).waitFor();
});
