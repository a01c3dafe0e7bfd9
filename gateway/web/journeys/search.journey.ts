import type { Page, Route } from 'playwright-core';
import { expect } from 'vitest';
import type { Suggestion } from '../src/api/types';
import { words } from '../src/words/en';
import { findViolations } from './support/axe';
import { holdBack } from './support/holdBack';
import { journey } from './support/journey';
import { author } from './support/steps';

const rows = '.prompt-list > li';

function searchBox(page: Page) {
  return page.getByRole('combobox', { name: words.search.label });
}

function options(page: Page) {
  return page.getByRole('listbox', { name: words.search.suggested }).getByRole('option');
}

/** Answers every request for suggestions with these, for what the service would not do each time. */
async function suggest(page: Page, suggestionsFor: (typed: string) => Suggestion[]): Promise<string[]> {
  const asked: string[] = [];
  await page.route('**/prompts/suggest?*', (route) => {
    const typed = new URL(route.request().url()).searchParams.get('q') ?? '';
    asked.push(typed);
    return route.fulfill({ json: { suggestions: suggestionsFor(typed) } });
  });
  return asked;
}

const answerTooLate = (route: Route) => route.fulfill({ json: { suggestions: [{ kind: 'WORD', text: 'too late' }] } });

journey('the search suggests at each key, and the keyboard alone gets to a prompt', async (arrive) => {
  const ada = await arrive('ada');
  const api = await author(ada.url, ada.account);
  const title = `Zanzibar by ${ada.account.username}`;
  const id = await api.createPrompt({ title, content: 'Explain {{topic}} to sailors.', category: 'Education' });
  const { page } = ada;
  // Anything that was written is found within a second.
  await expect.poll(async () => JSON.stringify(await api.get('/prompts/suggest?q=zanzib'))).toContain(id);
  await page.goto('/market');
  // Nothing hears a key before the page is there.
  await searchBox(page).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('zanzib');
  await options(page).filter({ hasText: title }).waitFor();
  expect(await findViolations(page)).toEqual([]);
  const box = searchBox(page);
  expect(await box.getAttribute('aria-expanded')).toBe('true');
  await page.getByRole('search').getByRole('status').filter({ hasText: words.search.suggestions(await options(page).count()) }).waitFor();
  const chosen = options(page).and(page.locator('[aria-selected=true]'));
  do await page.keyboard.press('ArrowDown');
  while (!(await chosen.innerText()).includes(title));
  expect(await box.getAttribute('aria-activedescendant')).toBe(await chosen.getAttribute('id'));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: title }).waitFor();
  expect(new URL(page.url()).pathname).toBe(`/p/${id}`);
  expect(await box.inputValue()).toBe('');
});

journey('each kind of suggestion leads where it says', async (arrive) => {
  const { page, account, api } = await arrive('ada', { signedIn: true });
  const id = await api.createPrompt({ title: 'A letter of thanks', content: 'Thank {{name}}, briefly.', category: 'Writing', tags: ['thanks'] });
  await suggest(page, () => [
    { kind: 'TITLE', text: 'A letter of thanks', promptId: id },
    { kind: 'TAG', text: 'thanks' },
    { kind: 'CATEGORY', text: 'Writing' },
    { kind: 'AUTHOR', text: account.username, userId: id },
    { kind: 'WORD', text: 'thankful' },
  ]);
  const led: string[] = [];
  for (const kind of ['TITLE', 'TAG', 'CATEGORY', 'AUTHOR', 'WORD'] as const) {
    await page.goto('/market');
    await searchBox(page).fill('than');
    await options(page).filter({ hasText: words.search.kinds[kind] }).last().click();
    await page.waitForURL((url) => url.pathname !== '/market');
    led.push(page.url().replace(/^https?:\/\/[^/]+/, ''));
    expect(await options(page).count()).toBe(0);
  }
  expect(led).toEqual([`/p/${id}`, '/explore?tag=thanks', '/explore?category=Writing', `/u/${account.username}`, '/explore?q=thankful']);
});

journey('suggestions stay while newer ones come, no older ones replace them, and none come for what is not a word yet', async (arrive) => {
  const visitor = await arrive('visitor');
  const { page } = visitor;
  const asked = await suggest(page, (typed) => [{ kind: 'WORD', text: `${typed}…` }]);
  const release = await holdBack(page, '**/prompts/suggest?q=gl&*', answerTooLate);
  await page.goto('/market');
  const box = searchBox(page);
  await box.pressSequentially('g');
  await options(page).filter({ hasText: 'g…' }).waitFor();
  const late = page.waitForRequest('**/prompts/suggest?q=gl&*');
  await box.pressSequentially('l');
  await late;
  expect(await options(page).allInnerTexts()).toEqual([expect.stringContaining('g…')]);
  await box.pressSequentially('a');
  await options(page).filter({ hasText: 'gla…' }).waitFor();
  release();
  await visitor.comesToRest();
  expect(await options(page).allInnerTexts()).toEqual([expect.stringContaining('gla…')]);

  // An input method composes letters into words.
  const cdp = await page.context().newCDPSession(page);
  await box.fill('');
  const before = asked.length;
  await cdp.send('Input.imeSetComposition', { text: 'にほ', selectionStart: 2, selectionEnd: 2 });
  await expect.poll(() => box.inputValue()).toBe('にほ');
  await visitor.comesToRest();
  expect(asked.slice(before)).toEqual([]);
  await cdp.send('Input.insertText', { text: '日本' });
  await options(page).filter({ hasText: '日本…' }).waitFor();
  expect(asked.slice(before)).toEqual(['日本']);
});

journey('Enter without a choice searches, and a list that comes late stays closed', async (arrive) => {
  const visitor = await arrive('visitor');
  const { page } = visitor;
  const release = await holdBack(page, '**/prompts/suggest?*', answerTooLate);
  await page.goto('/market');
  await searchBox(page).fill('glaciers');
  await page.keyboard.press('Enter');
  await page.locator(`${rows} mark`).first().waitFor();
  release();
  await visitor.comesToRest();
  expect(await options(page).count()).toBe(0);
});

journey('a search is narrowed to an author and a language, and widened again', async (arrive) => {
  const ada = await arrive('ada');
  const api = await author(ada.url, ada.account);
  const german = 'Erkläre {{thema}} den neugierigen Kindern in fünf einfachen und kurzen Sätzen, die sie gut verstehen können.';
  await api.createPrompt({ title: 'Gletscher glaciers', content: german, category: 'Education' });
  const { page } = ada;
  await expect.poll(async () => JSON.stringify(await api.get('/prompts/search?keyword=gletscher'))).toContain('Gletscher');
  await page.goto('/explore?q=glaciers');
  await expect.poll(() => page.locator(rows).count()).toBeGreaterThan(1);
  const all = await page.locator(rows).count();
  await page.getByLabel(words.explore.author, { exact: true }).fill(ada.account.username);
  await page.keyboard.press('Enter');
  await page.waitForURL(/author=/);
  await expect.poll(() => page.locator(`${rows} h2`).allInnerTexts()).toEqual(['Gletscher glaciers']);
  await page.getByRole('link', { name: words.explore.remove(words.explore.byAuthor(ada.account.username)) }).click();
  await expect.poll(() => page.locator(rows).count()).toBe(all);

  const language = page.getByLabel(words.explore.language, { exact: true });
  await language.selectOption('de');
  await page.waitForURL(/language=de/);
  await expect.poll(() => page.locator(`${rows} h2`).allInnerTexts()).toEqual(['Gletscher glaciers']);
  await language.selectOption('fi');
  await page.getByRole('link', { name: words.explore.searchEverywhere }).click();
  await expect.poll(() => page.locator(rows).count()).toBe(all);
});

journey('the page of a prompt leads to those that are like it', async (arrive) => {
  const { page } = await arrive('visitor');
  await page.goto('/explore?q=glaciers');
  await page.getByRole('link', { name: 'Research: glaciers', exact: true }).click();
  await page.getByRole('heading', { name: 'Research: glaciers' }).waitFor();
  const related = page.getByRole('region', { name: words.prompt.related });
  await related.getByRole('link', { name: 'Code: glaciers' }).click();
  await page.getByRole('heading', { name: 'Code: glaciers' }).waitFor();
  await related.getByRole('link', { name: 'Research: glaciers' }).waitFor();
  expect(await related.getByRole('link', { name: 'Code: glaciers' }).count()).toBe(0);
});
