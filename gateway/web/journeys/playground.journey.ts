import { expect } from 'vitest';
import { words as promptWords } from '../src/words/en';
import { playgroundWords as words } from '../src/words/playground';
import { holdBack } from './support/holdBack';
import { journey } from './support/journey';
import { author } from './support/steps';

journey('a prompt is run: its values filled in, the answer streamed, its tokens and time shown', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { api } = ada;
  const id = await api.createPrompt({ title: 'To run', content: 'Explain {{topic}} in one sentence.', category: 'Education' });
  const { page } = ada;
  await page.goto(`/playground?prompt=${id}`);
  await page.getByRole('button', { name: words.run }).click();
  await page.getByText(words.needed).waitFor();
  await page.getByLabel('topic').fill('tides');
  await page.getByRole('button', { name: words.run }).click();
  const answer = page.getByRole('article', { name: 'mock' });
  await answer.getByText(words.statuses.COMPLETED).waitFor();
  expect(await answer.innerText()).toMatch(/\d+ in, \d+ out/);
});

journey('two models answer side by side over one stream', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  await page.goto('/playground');
  let streams = 0;
  page.on('request', (request) => {
    if (request.url().endsWith('/stream')) streams += 1;
  });
  await page.getByLabel(words.prompt, { exact: true }).fill('Count to three.');
  await page.getByRole('button', { name: words.addModel }).click();
  await page.getByRole('button', { name: words.run }).click();
  await expect.poll(() => page.getByText(words.statuses.COMPLETED, { exact: true }).count(), { timeout: 20_000 }).toBe(2);
  expect(streams).toBe(1);
});

journey('another model is added once it is known which there are', async (arrive) => {
  const { page } = await arrive('ada', { signedIn: true });
  const release = await holdBack(page, '**/api/tests/providers');
  await page.goto('/playground');
  const add = page.getByRole('button', { name: words.addModel });
  await add.waitFor();
  expect(await add.isDisabled()).toBe(true);
  release();
  await add.click();
  expect(await page.getByLabel(words.model(1)).inputValue()).toBe('MOCK/mock');
  expect(await page.getByLabel(words.model(2)).inputValue()).toBe('MOCK/mock-echo');
});

journey('stop ends the run at the server too', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  await page.goto('/playground');
  await page.getByLabel(words.prompt, { exact: true }).fill('Answer slowly, please. '.repeat(200));
  // The slowest model of the list is over within a fifth of a second.
  await page.route('**/api/tests', async (route) => {
    const asked = { ...(route.request().postDataJSON() as object), modelName: 'mock-slow-30000' };
    await route.continue({ postData: JSON.stringify(asked) });
  });
  const cancelled = page.waitForResponse((response) => response.url().endsWith('/cancel'));
  await page.getByRole('button', { name: words.run }).click();
  await page.getByText(words.writing).first().waitFor();
  await page.getByRole('button', { name: words.stop }).click();
  expect((await cancelled).status()).toBeLessThan(300);
  await page.getByText(words.statuses.CANCELLED, { exact: true }).first().waitFor();
});

journey('values too long for a link come along to the playground, and another tab says that it has none', async (arrive) => {
  const ada = await arrive('ada');
  const api = await author(ada.url, ada.account);
  const id = await api.createPrompt({ title: 'Much to read', content: 'Shorten this: {{report}}', category: 'Writing' });
  const { page } = ada;
  const report = 'A sentence of the report. '.repeat(400);
  await page.goto(`/p/${id}`);
  await page.getByRole('textbox', { name: 'report' }).fill(report);
  await page.getByRole('link', { name: promptWords.prompt.run, exact: true }).click();
  await page.waitForURL(/\/playground/);
  expect(await page.getByLabel('report').inputValue()).toBe(report);
  await page.reload();
  expect(await page.getByLabel('report').inputValue()).toBe(report);
  const other = await ada.context.newPage();
  await other.goto(page.url());
  await other.getByText(words.valuesMissing).waitFor();
});

journey('a run that nobody answers says so within ten seconds, and can be stopped and sent again', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  await page.clock.install();
  const keys: (string | undefined)[] = [];
  await page.route('**/api/tests', (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    // The first is never answered.
    return keys.length === 1 ? undefined : route.continue();
  });
  await page.goto('/playground');
  await page.getByLabel(words.prompt, { exact: true }).fill('Count to three.');
  await page.getByRole('button', { name: words.run, exact: true }).click();
  const slow = page.locator('.notice', { hasText: words.slow });
  await expect.poll(() => keys.length).toBe(1);
  expect(await slow.count()).toBe(0);
  await page.clock.fastForward(10_000);
  await slow.waitFor();
  await page.getByRole('button', { name: words.stop, exact: true }).click();
  await slow.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: words.run, exact: true }).click();
  await page.clock.resume();
  await page.getByText(words.statuses.COMPLETED, { exact: true }).waitFor();
  // Nothing is run twice, should the first have got through.
  expect(keys[1]).toBe(keys[0]);
});
