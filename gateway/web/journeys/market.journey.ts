import { expect } from 'vitest';
import { words as allWords } from '../src/words/en';
import { german } from '../src/words/de';
import { marketWords } from '../src/words/market';
import { purchaseWords as words } from '../src/words/purchase';
import { holdBack } from './support/holdBack';
import { journey } from './support/journey';
import { author, fillSignIn } from './support/steps';

const listing = marketWords.listing;

journey('one person sells a prompt, another buys it with a card after one was declined, and keeps the licence', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { api } = ada;
  const title = `For sale by ${ada.account.username}`;
  await api.createPrompt({ title, content: `${'A long and valuable text. '.repeat(20)}The end, {{name}}.`, category: 'Business' });
  await ada.page.goto('/market');
  await ada.page.getByRole('button', { name: marketWords.sell }).click();
  const dialog = ada.page.getByRole('dialog');
  await dialog.getByLabel(marketWords.sellForm.prompt).selectOption({ label: title });
  await dialog.getByLabel(marketWords.sellForm.price).fill('9.90');
  await dialog.getByRole('button', { name: marketWords.sellForm.submit }).click();
  await ada.page.waitForURL(/\/market\/[0-9a-f-]{36}$/);

  const bob = await arrive('bob', { signedIn: true });
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
  await page.getByRole('link', { name: listing.toLibrary }).click();
  await page.getByText(key).waitFor();
  await page.getByRole('button', { name: marketWords.library.show }).click();
  await page.getByText('The end, {{name}}.').waitFor();
});

journey('somebody who sells before the page knows that they are signed in is not asked to sign in again', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  const release = await holdBack(page, '**/auth/refresh');
  await page.goto('/market');
  await page.getByRole('button', { name: marketWords.sell }).click();
  release();
  await page.getByRole('dialog').getByLabel(marketWords.sellForm.price).waitFor();
  expect(await page.getByRole('dialog').count()).toBe(1);
});

journey('a price that changed meanwhile is shown, and nothing is charged', async (arrive) => {
  const ada = await arrive('ada');
  const api = await author(ada.url, ada.account);
  const promptId = await api.createPrompt({ title: 'Dearer soon', content: 'A valuable text, {{name}}.', category: 'Business' });
  const { id } = await api.post<{ id: string }>('/api/marketplace/listings', { promptId, price: 500, currency: 'JPY' });
  const bob = await arrive('bob', { signedIn: true });
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

journey('somebody buys on the page of the prompt, and reads the whole of it there', async (arrive) => {
  const ada = await arrive('ada');
  const api = await author(ada.url, ada.account);
  const content = `${'A long and valuable text. '.repeat(20)}The end.`;
  const promptId = await api.createPrompt({ title: 'Bought where it is read', content, category: 'Business' });
  await api.post('/api/marketplace/listings', { promptId, price: 4, commercialPrice: 40 });
  const bob = await arrive('bob', { signedIn: true });
  const { page } = bob;
  await page.goto(`/p/${promptId}`);
  await page.getByRole('button', { name: /4[.,]00/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(words.types.COMMERCIAL).check();
  await dialog.getByRole('button', { name: /40[.,]00/ }).click();
  await dialog.locator('.license-key').waitFor();
  // A dialog without fields begins at its one action.
  expect(await dialog.getByRole('button', { name: allWords.premium.read }).evaluate((element) => element === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  await page.getByText('The end.').waitFor();
  await page.getByText(allWords.premium.held(allWords.premium.types.COMMERCIAL)).waitFor();
});

for (const { locale, words: said, shown, decimal } of [
  { locale: 'de-DE', words: german.market, shown: /1\.500\s¥/, decimal: /9,90\s€/ },
  { locale: 'ja-JP', words: marketWords, shown: /[¥￥]1,500/, decimal: /€9\.90/ },
  { locale: 'ar-EG', words: marketWords, shown: /[\u0660-\u0669]/, decimal: /[\u0660-\u0669]/ },
]) {
  journey(`prices are written as in ${locale}, without decimals in yen, and what is typed there is taken`, async (arrive) => {
    const ada = await arrive('ada', { locale, signedIn: true });
    const { api } = ada;
    const yen = await api.createPrompt({ title: 'In yen', content: 'A valuable text, {{name}}.', category: 'Business' });
    const { id } = await api.post<{ id: string }>('/api/marketplace/listings', { promptId: yen, price: 1500, currency: 'JPY' });
    await api.createPrompt({ title: 'In euros', content: 'A valuable text, {{name}}.', category: 'Business' });
    const { page } = ada;
    await page.goto(`/market/${id}`);
    await expect.poll(() => page.locator('.big-price').innerText()).toMatch(shown);
    await page.goto('/market?sell=new');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(said.sellForm.prompt).selectOption({ label: 'In euros' });
    await dialog.getByLabel(said.sellForm.currency).selectOption('EUR');
    // A thousand with its separator is not taken for one and a bit.
    await dialog.getByLabel(said.sellForm.price).fill('1.234,567');
    await dialog.getByRole('button', { name: said.sellForm.submit }).click();
    await dialog.locator('[aria-invalid=true]').waitFor();
    await dialog.getByLabel(said.sellForm.price).fill('9,90');
    await dialog.getByRole('button', { name: said.sellForm.submit }).click();
    await page.waitForURL(/\/market\/[0-9a-f-]{36}$/);
    await expect.poll(() => page.locator('.big-price').innerText()).toMatch(decimal);
    const stored = await api.get<{ price: number; currency: string }>(`/api/marketplace/listings/${page.url().split('/').pop()}`);
    expect(stored).toMatchObject({ price: 9.9, currency: 'EUR' });
  });
}

journey('the library names what was bought with one request, and reads a prompt only when it is opened', async (arrive) => {
  const ada = await arrive('ada');
  const api = await author(ada.url, ada.account);
  const bob = await arrive('bob', { signedIn: true });
  const { api: buyer } = bob;
  const titles = ['A first prompt', 'A second prompt', 'A third prompt'];
  for (const title of titles) {
    const promptId = await api.createPrompt({ title, content: `The text of ${title}.`, category: 'Business' });
    const { id } = await api.post<{ id: string }>('/api/marketplace/listings', { promptId, price: 2 });
    await buyer.post('/api/marketplace/purchase', { listingId: id, paymentMethod: 'WALLET' });
  }
  const { page } = bob;
  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/api/marketplace/licenses')) asked.push(pathname);
  });
  await page.goto('/library');
  await expect.poll(() => page.locator('.license-row h2').allInnerTexts()).toEqual(titles.toReversed());
  await bob.comesToRest();
  expect(asked).toEqual(['/api/marketplace/licenses']);
  await page.getByRole('button', { name: marketWords.library.show }).first().click();
  await page.getByText('The text of A third prompt.').waitFor();
  await page.getByRole('button', { name: marketWords.library.copy }).last().click();
  await page.getByText(marketWords.library.copied).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('The text of A first prompt.');
});

journey('a seller changes the price, and what is no price is refused at its field', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { api } = ada;
  const promptId = await api.createPrompt({ title: 'To be dearer', content: 'A valuable text, {{name}}.', category: 'Business' });
  const { id } = await api.post<{ id: string }>('/api/marketplace/listings', { promptId, price: 5 });
  const { page } = ada;
  await page.goto(`/market/${id}`);
  const price = page.getByRole('textbox', { name: listing.changePrice });
  const change = page.getByRole('button', { name: listing.changePrice });
  await price.fill('dear');
  await change.click();
  await page.getByText(marketWords.sellForm.badPrice).waitFor();
  expect(await api.get(`/api/marketplace/listings/${id}`)).toMatchObject({ price: 5 });
  await price.fill('7,25');
  await change.click();
  await expect.poll(() => page.locator('.big-price').innerText()).toMatch(/7[.,]25/);
});
