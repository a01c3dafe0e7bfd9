import { expect } from 'vitest';
import { chartWords } from '../src/words/chart';
import { german } from '../src/words/de';
import { marketWords } from '../src/words/market';
import { salesWords as words } from '../src/words/sales';
import { account, type Api } from './support/api';
import { findViolations } from './support/axe';
import { journey } from './support/journey';
import type { Person } from './support/person';
import { author } from './support/steps';

const CONTENT = `${'A long and valuable text. '.repeat(20)}The end, {{name}}.`;

/** Puts a new prompt up for sale, and returns the id of its listing. */
async function sell(api: Api, title: string, price: number, currency: string): Promise<string> {
  const promptId = await api.createPrompt({ title, content: CONTENT, category: 'Business' });
  return (await api.post<{ id: string }>('/api/marketplace/listings', { promptId, price, currency, commercialPrice: 10 * price })).id;
}

function buy(api: Api, listingId: string, licenseType = 'PERSONAL'): Promise<unknown> {
  return api.post('/api/marketplace/purchase', { listingId, licenseType, paymentMethod: 'WALLET' });
}

/** Returns the figure of a name at the top of the desk. */
function total({ page }: Person, name: string) {
  return page.locator('.tile', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd');
}

journey('a seller and a buyer see the same sale, and its refund, on both sides', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const bob = await arrive('bob', { signedIn: true });
  const title = 'A <b>letter</b> that sells';
  const listingId = await sell(ada.api, title, 10, 'EUR');
  await buy(bob.api, listingId);

  await ada.page.goto('/sales');
  const row = ada.page.locator('.sale-row', { hasText: title });
  await row.getByText(bob.account.username).waitFor();
  await row.getByText(words.licenses.valid).waitFor();
  await expect.poll(() => total(ada, words.totals.paid).innerText()).toMatch(/€10[.,]00/);
  const { platformFees, netRevenue } = await ada.api.get<Record<string, number>>(`/api/marketplace/revenue/${await idOf(ada)}?currency=EUR`);
  expect(await total(ada, words.totals.fees).innerText()).toBe(`€${platformFees?.toFixed(2)}`);
  expect(await total(ada, words.totals.keep).innerText()).toBe(`€${netRevenue?.toFixed(2)}`);
  // The chart says the same in its table.
  await ada.page.getByText(chartWords.asTable).click();
  await ada.page.locator('.chart tbody tr', { hasText: '€10.00' }).waitFor();

  await bob.page.goto('/library');
  const license = bob.page.locator('.license-row', { hasText: title });
  await license.getByRole('button', { name: marketWords.library.show }).waitFor();

  await ada.page.getByRole('button', { name: words.refundOf(title, bob.account.username) }).click();
  const dialog = ada.page.getByRole('dialog');
  expect(await findViolations(ada.page)).toEqual([]);
  // Nothing is given back before it is confirmed.
  await ada.page.keyboard.press('Escape');
  await row.getByRole('button').click();
  await dialog.getByRole('button', { name: /10[.,]00/ }).click();
  await dialog.waitFor({ state: 'detached' });
  await row.getByText(/^Refunded on/).waitFor();
  await row.getByText(words.licenses.ended).waitFor();
  expect(await row.getByRole('button').count()).toBe(0);
  expect(await total(ada, words.totals.paid).innerText()).toBe('€0.00');
  expect(await total(ada, words.totals.refunds).innerText()).toBe('€10.00');
  expect(await row.getByRole('link', { name: title }).evaluate((element) => element === document.activeElement)).toBe(true);

  await bob.page.reload();
  await license.getByText(marketWords.library.ended).waitFor();
  expect(await license.getByRole('button', { name: marketWords.library.show }).count()).toBe(0);
});

async function idOf({ api }: Person): Promise<string> {
  return (await api.get<{ id: string }>('/users/me')).id;
}

journey('sales in yen and in dollars have figures of their own, in an address that can be shared', async (arrive) => {
  const said = german.sales;
  const ada = await arrive('ada', { locale: 'de-DE', signedIn: true });
  const bob = await author(ada.url, account('bob'));
  await buy(bob, await sell(ada.api, 'In dollars', 2.5, 'USD'), 'COMMERCIAL');
  await buy(bob, await sell(ada.api, 'In yen', 1_500, 'JPY'));
  const { page } = ada;
  await page.goto('/sales');
  // That of the newest sale comes first.
  await expect.poll(() => total(ada, said.totals.paid).innerText()).toMatch(/^1\.500\s¥$/);
  await page.locator('.sale-row', { hasText: said.types.COMMERCIAL }).getByText('25,00').waitFor();
  await page.getByRole('combobox', { name: said.currency }).selectOption('USD');
  await expect.poll(() => total(ada, said.totals.paid).innerText()).toMatch(/^25,00\s\$$/);
  await page.reload();
  await expect.poll(() => total(ada, said.totals.paid).innerText()).toMatch(/^25,00\s\$$/);
  expect(await page.locator('.figures', { hasText: 'In dollars' }).locator('tbody tr').count()).toBe(1);
});

journey('a refund that is refused says why and changes nothing; who sells nothing is shown how', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  await page.goto('/sales');
  await page.getByRole('link', { name: marketWords.sell }).waitFor();
  await page.getByText(words.noSales).waitFor();

  const bob = await author(ada.url, account('bob'));
  await buy(bob, await sell(ada.api, 'Settled late', 3, 'USD'));
  await page.reload();
  const path = /\/transactions\/[^/]+\/refund$/;
  const problem = { status: 409, code: 'NOT_REFUNDABLE', detail: 'Only a completed purchase can be refunded.' };
  await page.route(path, (route) => route.fulfill({ status: 409, contentType: 'application/problem+json', body: JSON.stringify(problem) }));
  ada.expects(409, path);
  await page.locator('.sale-row').getByRole('button').click();
  await page.getByRole('dialog').getByRole('button', { name: /3[.,]00/ }).click();
  await page.getByRole('alert').getByText(problem.detail).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.sale-row').getByText(words.statuses.COMPLETED, { exact: true }).waitFor();
});
