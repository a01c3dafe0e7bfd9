import { expect } from 'vitest';
import { playgroundWords as words } from '../src/words/playground';
import { journey } from './support/journey';
import { author, register, signIn } from './support/steps';

journey('a prompt is run: its values filled in, the answer streamed, its tokens and time shown', async (arrive) => {
  const ada = await arrive('ada');
  const api = await author(ada.url, ada.account);
  const id = await api.createPrompt({ title: 'To run', content: 'Explain {{topic}} in one sentence.', category: 'Education' });
  await signIn(ada);
  await ada.page.waitForURL((url) => url.pathname !== '/sign-in');
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
  const ada = await arrive('ada');
  await register(ada);
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

journey('stop ends the run at the server too', async (arrive) => {
  const ada = await arrive('ada');
  await register(ada);
  const { page } = ada;
  await page.goto('/playground');
  await page.getByLabel(words.prompt, { exact: true }).fill('Answer slowly, please. '.repeat(20));
  const slow = page.getByLabel(words.model(1)).locator('option', { hasText: 'slow' }).first();
  await page.getByLabel(words.model(1)).selectOption({ label: await slow.innerText() });
  const cancelled = page.waitForResponse((response) => response.url().endsWith('/cancel'));
  await page.getByRole('button', { name: words.run }).click();
  await page.getByText(words.writing).first().waitFor();
  await page.getByRole('button', { name: words.stop }).click();
  expect((await cancelled).status()).toBeLessThan(300);
  await page.getByText(words.statuses.CANCELLED, { exact: true }).first().waitFor();
});
