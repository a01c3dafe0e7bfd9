import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { words } from '../src/words/en';
import { accountWords } from '../src/words/account';
import { editorWords } from '../src/words/editor';
import { journey } from './support/journey';
import { accountButton, author, waitForEditor } from './support/steps';

/** The most presses of Tab to get anywhere on a page. */
const REACH = 250;

/** Presses Tab until what is focused has a name and role, as a screen reader says them; never a mouse. */
async function tabTo(page: Page, name: string | RegExp, selector: string): Promise<void> {
  const matches = (text: string) => (typeof name === 'string' ? text === name : name.test(text));
  for (let presses = 0; presses < REACH; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate((of) => {
      const element = document.activeElement;
      if (!(element instanceof HTMLElement) || !element.matches(of)) return null;
      const labels = 'labels' in element ? [...((element as HTMLInputElement).labels ?? [])] : [];
      const labelledBy = element.getAttribute('aria-labelledby')?.split(' ').map((id) => document.querySelector(`#${CSS.escape(id)}`));
      const label = [...(labelledBy ?? []), ...labels].map((it) => it?.textContent).join(' ');
      return (element.getAttribute('aria-label') ?? (label || element.textContent) ?? '').trim();
    }, selector);
    if (focused !== null && matches(focused)) return;
  }
  throw new Error(`the keyboard does not get to ${String(name)}`);
}

function hasFocus(locator: Locator): Promise<boolean> {
  return locator.evaluate((element) => element === document.activeElement);
}

journey('with the keyboard alone somebody signs in, writes a prompt and gets to it', async (arrive) => {
  const ada = await arrive('ada');
  await author(ada.url, ada.account);
  const { page } = ada;
  await page.goto('/explore');
  await tabTo(page, words.navigation.signIn, 'a');
  await page.keyboard.press('Enter');
  await page.locator('main form').waitFor();
  await tabTo(page, accountWords.emailOrUsername, 'input');
  await page.keyboard.type(ada.account.username);
  await tabTo(page, accountWords.password, 'input');
  await page.keyboard.type(ada.account.password);
  await page.keyboard.press('Enter');
  await accountButton(page).waitFor();

  await tabTo(page, words.navigation.create, 'a');
  await page.keyboard.press('Enter');
  await waitForEditor(page);
  await tabTo(page, editorWords.title, 'input');
  await page.keyboard.type('Written with keys');
  await tabTo(page, editorWords.content, '[contenteditable=true], textarea');
  await page.keyboard.type('Explain the tides to a child.');
  // Tab leaves the editor: nobody is caught in it.
  await tabTo(page, editorWords.category, 'input');
  await page.keyboard.type('Education');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/p\/[0-9a-f-]{36}$/);
  await page.getByRole('heading', { name: 'Written with keys' }).waitFor();
});

journey('Escape closes one thing, and the focus goes back to where it was', async (arrive) => {
  const { page } = await arrive('visitor');
  await page.goto('/explore');
  await page.locator('.prompt-list > li').first().waitFor();
  const menu = page.getByRole('button', { name: words.navigation.more });
  await menu.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('radio', { name: words.navigation.themes.dark }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('radio', { name: words.navigation.themes.dark }).waitFor({ state: 'hidden' });
  expect(await hasFocus(menu)).toBe(true);
  // No shortcut fires while somebody types.
  const search = page.getByRole('combobox', { name: words.search.label });
  await search.focus();
  await page.keyboard.type('a/b');
  expect(await search.inputValue()).toBe('a/b');
});

journey('a dialog begins at its first field, and Escape gives the focus back', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const id = await ada.api.createPrompt({ title: 'To be copied', content: 'Explain {{topic}}.', category: 'Education' });
  const { page } = ada;
  await page.goto(`/p/${id}`);
  const fork = page.getByRole('button', { name: /^Fork, / });
  await fork.focus();
  await page.keyboard.press('Enter');
  const title = page.getByRole('dialog').getByLabel(words.prompt.forkName);
  await title.waitFor();
  expect(await hasFocus(title)).toBe(true);
  await page.keyboard.press('Escape');
  await title.waitFor({ state: 'detached' });
  expect(await hasFocus(fork)).toBe(true);

  // Of what can be chosen it is what is chosen.
  await page.getByRole('button', { name: words.prompt.moreActions, exact: true }).click();
  await page.getByRole('button', { name: words.prompt.snippetsTitle, exact: true }).click();
  const chosen = page.getByRole('dialog').getByRole('radio', { checked: true });
  await chosen.waitFor();
  expect(await hasFocus(chosen)).toBe(true);
});

journey('the first Tab leads past the header', async (arrive) => {
  const { page } = await arrive('visitor');
  await page.goto('/explore');
  await page.locator('.prompt-list > li').first().waitFor();
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(words.skip);
});
