import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { words as allWords } from '../src/words/en';
import { playgroundWords as words } from '../src/words/playground';
import { journey } from './support/journey';
import { write } from './support/steps';

/** The models that one comparison takes at most, and the tabs that compare at once. */
const [MODELS, TABS] = [10, 3];

/** Starts a comparison of ten models, and returns the ids of its tests. */
async function compareTen(page: Page): Promise<string[]> {
  // A tab in the background draws once a second, and every click awaits two drawings.
  await page.bringToFront();
  await page.goto('/playground');
  await page.getByLabel(words.prompt, { exact: true }).fill('Answer slowly, please. '.repeat(100));
  for (let models = 1; models < MODELS; models += 1) await page.getByRole('button', { name: words.addModel }).click();
  const answer = page.waitForResponse((response) => response.request().method() === 'POST' && response.url().endsWith('/comparisons'));
  const stream = page.waitForResponse((response) => response.url().endsWith('/stream'));
  await page.getByRole('button', { name: words.run, exact: true }).click();
  const { targets } = (await (await answer).json()) as { targets: { testId: string }[] };
  await stream;
  return targets.map((target) => target.testId);
}

journey('ten models answer in each of three tabs at once: all else goes on, and stop ends them at the server', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  // The models of the list are over in a moment.
  await ada.context.route('**/api/tests/comparisons', async (route) => {
    const asked = route.request().postDataJSON() as { targets: object[] };
    const targets = asked.targets.map((target) => ({ ...target, modelName: 'mock-slow-60000' }));
    await route.continue({ postData: JSON.stringify({ ...asked, targets }) });
  });
  const tabs = [ada.page];
  while (tabs.length < TABS) tabs.push(await ada.context.newPage());
  const tests: string[] = [];
  for (const tab of tabs) tests.push(...(await compareTen(tab)));
  expect(tests).toHaveLength(TABS * MODELS);

  // HTTP/1.1 gives all tabs six connections: what is not a stream still has its turn.
  const another = await ada.context.newPage();
  await another.goto('/explore');
  await another.locator('.prompt-list > li').first().waitFor();
  const id = await write(another, { title: 'Written beside thirty answers', content: 'Explain {{topic}} slowly.', category: 'Education' });
  await another.goto(`/p/${id}?tab=versions`);
  await another.getByText(allWords.prompt.version(1)).first().waitFor();

  const { api } = ada;
  const statuses = async () => Promise.all(tests.map(async (test) => (await api.get<{ status: string }>(`/api/tests/${test}`)).status));
  expect((await statuses()).filter((status) => !['PENDING', 'RUNNING'].includes(status))).toEqual([]);
  for (const tab of tabs) {
    await tab.bringToFront();
    await tab.getByRole('button', { name: words.stop, exact: true }).click();
    await expect.poll(() => tab.getByText(words.statuses.CANCELLED, { exact: true }).count(), { timeout: 20_000 }).toBe(MODELS);
    await tab.getByRole('button', { name: words.run, exact: true }).waitFor();
  }
  expect(new Set(await statuses())).toEqual(new Set(['CANCELLED']));
});

journey('six tabs run at once: those beyond four say that they wait, nothing freezes, and each gets its answers in turn', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  await ada.context.route('**/api/tests', async (route) => {
    const asked = route.request().postDataJSON() as object;
    await route.continue({ postData: JSON.stringify({ ...asked, modelName: 'mock-slow-60000' }) });
  });
  const tabs = [ada.page];
  while (tabs.length < 6) tabs.push(await ada.context.newPage());
  for (const [index, tab] of tabs.entries()) {
    await tab.bringToFront();
    await tab.goto('/playground');
    await tab.getByLabel(words.prompt, { exact: true }).fill('Answer slowly, please. '.repeat(100));
    await tab.getByRole('button', { name: words.run, exact: true }).click();
    await (index < 4 ? tab.getByText(words.writing) : tab.locator('.notice', { hasText: words.queued })).waitFor();
  }
  const another = await ada.context.newPage();
  await another.goto('/explore');
  await another.locator('.prompt-list > li').first().waitFor();
  // One that waits can be stopped; one that is done makes room for another.
  const [first, fifth, sixth] = [tabs[0], tabs[4], tabs[5]];
  for (const tab of [sixth, first]) {
    await tab?.bringToFront();
    await tab?.getByRole('button', { name: words.stop, exact: true }).click();
  }
  for (const tab of [sixth, first]) await tab?.getByText(words.statuses.CANCELLED, { exact: true }).waitFor();
  await fifth?.bringToFront();
  await fifth?.getByText(words.writing).waitFor();
  expect(await fifth?.locator('.notice').count()).toBe(0);
});
