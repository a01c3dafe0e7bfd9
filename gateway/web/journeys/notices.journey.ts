import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { words as common } from '../src/words/en';
import { noticeWords as words } from '../src/words/notices';
import { testWords } from '../src/words/tests';
import { account, type Api } from './support/api';
import { findViolations } from './support/axe';
import { journey } from './support/journey';
import { author } from './support/steps';

/** Returns the bell that says how many are new. */
const bell = (page: Page, count: number) => page.getByRole('link', { name: words.bell(count, String(count)), exact: true });

/** Returns a sentence of the page with its parts filled in. */
const said = (sentence: string, parts: Record<string, string>) => sentence.replaceAll(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? '');

/** Starts a run of one test, which a model answers after so many milliseconds; returns its id. */
async function startRun(api: Api, datasetId: string, wait: number): Promise<string> {
  const targets = [{ modelProvider: 'MOCK', modelName: `mock-slow-${wait}` }];
  return (await api.post<{ id: string }>(`/api/tests/datasets/${datasetId}/runs`, { promptContent: 'Say hello to {{name}}.', targets })).id;
}

/** Ends a run as its owner does who has seen enough. */
async function stopRun(api: Api, runId: string): Promise<void> {
  await api.post(`/api/tests/runs/${runId}/cancel`, {});
}

journey('what happened to somebody since they last looked is told once: a comment, an answer, a sale, a follower and the end of a run', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page, api } = ada;
  const title = 'A letter that sells';
  const promptId = await api.createPrompt({ title, content: 'A valuable text for {{name}}.', category: 'Business' });
  const { id: listingId } = await api.post<{ id: string }>('/api/marketplace/listings', { promptId, price: 1500, currency: 'JPY' });
  const { id: userId } = await api.get<{ id: string }>('/users/me');
  const { id: datasetId } = await api.post<{ id: string }>('/api/tests/datasets', { name: 'Greetings', rows: [{ variables: { name: 'Ada' } }] });
  const runId = await startRun(api, datasetId, 30_000);
  const early = await author(ada.url, account('early'));
  await early.post(`/users/follow/${userId}`, {});
  await early.post('/api/social/comments', { promptId, content: 'I was here before.' });
  const buyer = account('buyer');
  const bob = await author(ada.url, buyer);
  const askedId = await bob.createPrompt({ title: 'Bread in five steps', content: 'Explain how to bake {{bread}}.', category: 'Other' });
  const question = await api.post<{ id: string }>('/api/social/comments', { promptId: askedId, content: 'How long does it rest?' });

  // What was before the first visit is no news.
  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (/\/(seller|followers)\/|\/comments\/received$|\/tests\/runs$/.test(pathname)) asked.push(pathname);
  });
  await page.goto('/market');
  await bell(page, 0).waitFor();
  await ada.comesToRest();

  await bob.post('/api/marketplace/purchase', { listingId, paymentMethod: 'WALLET' });
  await bob.post(`/users/follow/${userId}`, {});
  await bob.post('/api/social/comments', { promptId, content: `It opened every door. ${'More of it. '.repeat(60)}The end.` });
  await bob.post('/api/social/comments', { promptId: askedId, content: 'Overnight.', parentId: question.id });
  await stopRun(api, runId);
  // Nothing is asked for while somebody goes from page to page.
  await page.getByRole('link', { name: 'Explore' }).click();
  await page.locator('.prompt-list > li').first().waitFor();
  await ada.comesToRest();
  expect(asked).toHaveLength(4);

  await page.reload();
  await bell(page, 5).click();
  const news = page.getByRole('region', { name: words.areNew }).getByRole('listitem');
  await expect.poll(() => news.count()).toBe(5);
  const { username: name } = buyer;
  const [answer, comment, sale, run, follower] = await news.allInnerTexts();
  expect(answer).toContain(said(words.answered, { name, title: 'Bread in five steps' }));
  expect(answer).toContain('Overnight.');
  expect(comment).toContain(said(words.commented, { name, title }));
  expect(comment).toContain('It opened every door.');
  expect(comment).not.toContain('The end.');
  expect(sale).toMatch(/A letter that sells was sold for .1,500/);
  expect(run).toContain(said(words.ended('0', '1'), { dataset: 'Greetings' }));
  expect(follower).toContain(said(words.follows, { name }));
  expect(await page.getByRole('region', { name: words.earlier }).getByRole('listitem').count()).toBe(1);
  expect(await page.getByRole('region', { name: words.followers }).getByRole('listitem').count()).toBe(1);
  expect(await findViolations(page)).toEqual([]);

  // Seen is seen, and each leads to what it is about.
  await bell(page, 0).waitFor();
  await page.reload();
  await page.getByText(words.nothingNew).waitFor();
  const earlier = page.getByRole('region', { name: words.earlier });
  await earlier.getByRole('link', { name: 'Greetings' }).click();
  await page.waitForURL(new RegExp(`/tests/runs/${runId}$`));
  await page.goBack();
  await earlier.getByRole('link', { name: 'Bread in five steps' }).click();
  await page.getByRole('article').getByText('Overnight.').waitFor();
});

journey('a run whose end somebody watched is no news to them, and another one is', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page, api } = ada;
  const { id: datasetId } = await api.post<{ id: string }>('/api/tests/datasets', { name: 'Greetings', rows: [{ variables: { name: 'Ada' } }] });
  const watched = await startRun(api, datasetId, 30_000);
  const other = await startRun(api, datasetId, 30_000);
  await page.goto(`/tests/runs/${watched}`);
  await bell(page, 0).waitFor();
  await ada.comesToRest();
  await stopRun(api, watched);
  await stopRun(api, other);
  await page.getByRole('button', { name: testWords.run.csv }).waitFor();
  await page.reload();
  await bell(page, 1).click();
  const news = page.getByRole('region', { name: words.areNew });
  await expect.poll(() => news.getByRole('link').count()).toBe(1);
  expect(await news.getByRole('link').getAttribute('href')).toBe(`/tests/runs/${other}`);
});

journey('where notices cannot be had no other page says that something is away, and theirs says what', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  ada.expects(503, /^\/api\/marketplace\/transactions\//);
  const follower = account('bob');
  const bob = await author(ada.url, follower);
  await bob.post(`/users/follow/${(await ada.api.get<{ id: string }>('/users/me')).id}`, {});
  const problem = { status: 503, code: 'SERVICE_UNAVAILABLE', detail: 'The marketplace service is not available.' };
  const sales = '**/api/marketplace/transactions/**';
  await page.route(sales, (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) }));
  const refused = page.waitForResponse(sales);
  await page.goto('/explore');
  await refused;
  await bell(page, 0).waitFor();
  await ada.comesToRest();
  expect(await page.locator('.banner').count()).toBe(0);
  await bell(page, 0).click();
  const away = page.getByRole('main').getByText(common.outage.away(common.outage.services.marketplace));
  await away.waitFor();
  // The rest is there; that nothing is new is not said before all has come.
  await page.getByRole('link', { name: follower.username }).waitFor();
  expect(await page.getByText(words.nothingNew).count()).toBe(0);
  await page.unroute(sales);
  await page.getByText(words.nothingNew).waitFor();
  expect(await away.count()).toBe(0);
});

journey('a visitor is asked to sign in, and somebody to whom nothing happened is told what would be here', async (arrive) => {
  const visitor = await arrive('visitor');
  await visitor.page.goto('/notices');
  await visitor.page.getByText(words.needed).waitFor();
  const ada = await arrive('ada', { signedIn: true });
  await ada.page.goto('/notices');
  await ada.page.getByRole('heading', { name: words.empty }).waitFor();
});
