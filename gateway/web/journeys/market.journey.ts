import { expect } from 'vitest';
import { marketWords } from '../src/words/market';
import { journey } from './support/journey';
import { author, fillSignIn, register, signIn } from './support/steps';

const words = marketWords.listing;

journey('one person sells a prompt, another buys it with a card after one was declined, and keeps the licence', async (arrive) => {
  const ada = await arrive('ada');
  const api = await author(ada.url, ada.account);
  const title = `For sale by ${ada.account.username}`;
  await api.createPrompt({ title, content: `${'A long and valuable text. '.repeat(20)}The end, {{name}}.`, category: 'Business' });
  await signIn(ada);
  await ada.page.waitForURL((url) => url.pathname !== '/sign-in');
  await ada.page.goto('/market');
  await ada.page.getByRole('button', { name: marketWords.sell }).click();
  const dialog = ada.page.getByRole('dialog');
  await dialog.getByLabel(marketWords.sellForm.prompt).selectOption({ label: title });
  await dialog.getByLabel(marketWords.sellForm.price).fill('9.90');
  await dialog.getByRole('button', { name: marketWords.sellForm.submit }).click();
  await ada.page.waitForURL(/\/market\/[0-9a-f-]{36}$/);

  const bob = await arrive('bob');
  await register(bob);
  const { page } = bob;
  await page.goto(new URL(ada.page.url()).pathname);
  bob.expects(402, /\/purchase$/);
  await page.getByLabel(words.methods.DECLINED).check();
  await page.getByRole('button', { name: /9[.,]90/ }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel(words.methods.CREDIT_CARD, { exact: true }).check();
  await page.getByRole('button', { name: /9[.,]90/ }).click();
  await page.getByRole('heading', { name: words.bought }).waitFor();
  const key = await page.locator('.license-key').innerText();
  await page.getByRole('link', { name: words.toLibrary }).click();
  await page.getByText(key).waitFor();
  await page.getByRole('button', { name: marketWords.library.show }).click();
  await page.getByText('The end, {{name}}.').waitFor();
});

journey('a price that changed meanwhile is shown, and nothing is charged', async (arrive) => {
  const ada = await arrive('ada');
  const api = await author(ada.url, ada.account);
  const promptId = await api.createPrompt({ title: 'Dearer soon', content: 'A valuable text, {{name}}.', category: 'Business' });
  const { id } = await api.post<{ id: string }>('/api/marketplace/listings', { promptId, price: 500, currency: 'JPY' });
  const bob = await arrive('bob');
  await register(bob);
  const { page } = bob;
  await page.goto(`/market/${id}`);
  await page.getByRole('button', { name: /500/ }).waitFor();
  await api.call('PUT', `/api/marketplace/listings/${id}`, { price: 700 });
  bob.expects(409, /\/purchase$/);
  await page.getByRole('button', { name: /500/ }).click();
  await page.getByText(words.priceChanged).waitFor();
  await page.getByRole('button', { name: /700/ }).click();
  await page.getByRole('heading', { name: words.bought }).waitFor();
});

journey('somebody without an account signs in over the listing and buys', async (arrive) => {
  const ada = await arrive('ada');
  const api = await author(ada.url, ada.account);
  const promptId = await api.createPrompt({ title: 'Bought at once', content: 'A valuable text, {{name}}.', category: 'Business' });
  const { id } = await api.post<{ id: string }>('/api/marketplace/listings', { promptId, price: 3 });
  const bob = await arrive('bob');
  await author(bob.url, bob.account);
  await bob.page.goto(`/market/${id}`);
  await bob.page.getByRole('button', { name: /3[.,]00/ }).click();
  await bob.page.getByRole('dialog').waitFor();
  await fillSignIn(bob.page, bob.account.username, bob.account.password);
  await bob.page.getByRole('heading', { name: words.bought }).waitFor();
  expect(new URL(bob.page.url()).pathname).toBe(`/market/${id}`);
});
