import { expect } from 'vitest';
import { words as common } from '../src/words/en';
import { noticeWords as words } from '../src/words/notices';
import { account } from './support/api';
import { journey } from './support/journey';
import { author } from './support/steps';

journey('who was followed and sold something since they last looked is told so once', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page, api } = ada;
  const title = 'A letter that sells';
  const promptId = await api.createPrompt({ title, content: 'A valuable text for {{name}}.', category: 'Business' });
  const { id: listingId } = await api.post<{ id: string }>('/api/marketplace/listings', { promptId, price: 1500, currency: 'JPY' });
  const { id: userId } = await api.get<{ id: string }>('/users/me');
  const early = await author(ada.url, account('early'));
  await early.post(`/users/follow/${userId}`, {});
  const bell = (count: number) => page.getByRole('link', { name: words.bell(count, String(count)), exact: true });

  // What was before the first visit is no news.
  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (/\/(seller|followers)\//.test(pathname)) asked.push(pathname);
  });
  await page.goto('/market');
  await bell(0).waitFor();
  await ada.comesToRest();

  const buyer = account('buyer');
  const bob = await author(ada.url, buyer);
  await bob.post('/api/marketplace/purchase', { listingId, paymentMethod: 'WALLET' });
  await bob.post(`/users/follow/${userId}`, {});
  // Nothing is asked for while somebody goes from page to page.
  await page.getByRole('link', { name: 'Explore' }).click();
  await page.locator('.prompt-list > li').first().waitFor();
  await ada.comesToRest();
  expect(asked).toHaveLength(2);

  await page.reload();
  await bell(2).click();
  const sales = page.getByRole('region', { name: words.sales });
  await sales.getByRole('link', { name: title }).waitFor();
  await expect.poll(() => sales.getByRole('listitem').innerText()).toMatch(/1,500/);
  await sales.getByText(words.isNew, { exact: true }).waitFor();
  const followers = page.getByRole('region', { name: words.followers }).getByRole('listitem');
  await expect.poll(() => followers.count()).toBe(2);
  expect(await followers.first().innerText()).toContain(buyer.username);
  expect(await followers.filter({ hasText: words.isNew }).count()).toBe(1);
  await bell(0).waitFor();
  await page.reload();
  await bell(0).waitFor();
  await followers.first().waitFor();
  expect(await page.getByText(words.isNew, { exact: true }).count()).toBe(0);
});

journey('where notices cannot be had no other page says that something is away, and theirs says what', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  ada.expects(503, /^\/api\/marketplace\/transactions\//);
  const problem = { status: 503, code: 'SERVICE_UNAVAILABLE', detail: 'The marketplace service is not available.' };
  const sales = '**/api/marketplace/transactions/**';
  await page.route(sales, (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) }));
  const refused = page.waitForResponse(sales);
  await page.goto('/explore');
  await refused;
  await page.getByRole('link', { name: words.bell(0, '0'), exact: true }).waitFor();
  await ada.comesToRest();
  expect(await page.locator('.banner').count()).toBe(0);
  await page.getByRole('link', { name: words.bell(0, '0'), exact: true }).click();
  await page.getByRole('region', { name: words.sales }).getByText(common.outage.away(common.outage.services.marketplace)).waitFor();
  await page.getByText(words.noFollowers).waitFor();
  await page.unroute(sales);
  await page.getByText(words.noSales).waitFor();
});
