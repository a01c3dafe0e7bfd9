import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { words as promptWords } from '../src/words/en';
import { playgroundWords as words } from '../src/words/playground';
import { journey } from './support/journey';
import { author } from './support/steps';

const PAYLOADS = [
  '<img src=x onerror=alert(1)>',
  '<script>alert(2)</script>',
  '"><svg onload=alert(3)>',
  "javascript:alert(4)//'",
  '{{constructor.constructor("alert(5)")()}}',
  '<mark>not ours</mark>',
  '![a picture](https://elsewhere.example/pixel.png) [a link](javascript:alert(6))',
];

/** Returns what an injection would have left in the page. */
function injected(page: Page): Promise<number> {
  const traces = 'main img[src=x], main script, main svg[onload], main i, main b, main iframe, main mark.ours, a[href^="javascript:"], [onload], [onerror]';
  return page.evaluate((selector) => document.querySelectorAll(selector).length, traces);
}

/** Each field that takes a line of text has a payload of its own, which names the field. */
const line = (field: string) => `${field} <img src=x onerror=alert(1)><b>"'&`;

journey('what one person writes in any field runs nothing in the browser of another, and is shown as it was written', async (arrive) => {
  const eve = await arrive('eve');
  const api = await author(eve.url, eve.account);
  await api.call('PUT', '/users/me', { firstName: line('first'), lastName: line('last'), bio: line('bio') });
  const text = PAYLOADS.join('\n');
  const content = `${text}\n\nhostilewords {{name:${line('default')}}}`;
  const prompt = {
    title: `hostilewords ${line('title')}`,
    content,
    description: line('description'),
    category: line('category'),
    tags: [line('tag'), 'onload=x'],
    model: line('model'),
  };
  const id = await api.createPrompt(prompt);
  await api.call('PUT', `/prompts/${id}`, { content: `${content} again`, changeLog: line('note') });
  const comment = await api.post<{ id: string }>('/api/social/comments', { promptId: id, content: line('comment') });
  await api.post('/api/social/comments', { promptId: id, content: line('reply'), parentId: comment.id });
  const sold = await api.createPrompt({ ...prompt, content: `${content}, sold` });
  const listing = await api.post<{ id: string }>('/api/marketplace/listings', { promptId: sold, price: 1, title: line('listing'), description: line('offer') });

  const ada = await arrive('ada', { signedIn: true });
  const { api: reader } = ada;
  await reader.post('/api/social/ratings', { promptId: id, rating: 1, review: line('review') });
  await reader.post('/api/marketplace/purchase', { listingId: listing.id, paymentMethod: 'WALLET' });
  const fork = await reader.post<{ id: string }>(`/prompts/${id}/fork`, { title: line('fork') });
  const own = await reader.createPrompt({ title: line('mine'), content: 'A text that others comment on.', category: 'Other' });
  await api.post('/api/social/comments', { promptId: own, content: line('remark') });
  // What was written is found within a second.
  await expect.poll(async () => (await reader.get<{ totalElements: number }>('/prompts/search?keyword=hostilewords')).totalElements).toBeGreaterThan(0);
  const { page } = ada;
  const seen: [string, string[]][] = [
    ['/explore?q=hostilewords', ['title', 'category']],
    [`/p/${id}`, ['title', 'description', 'category', 'tag', 'model', 'first']],
    [`/p/${id}?tab=versions`, ['note']],
    [`/p/${id}?tab=discussion`, ['comment', 'reply', 'review']],
    [`/u/${eve.account.username}`, ['first', 'last', 'bio', 'title']],
    ['/market', ['listing']],
    [`/market/${listing.id}`, ['listing', 'offer', 'category']],
    ['/library', ['title']],
    ['/', ['fork']],
    ['/notices', ['mine', 'remark']],
    [`/p/${fork.id}/edit`, []],
    [`/playground?prompt=${id}`, []],
  ];
  for (const [path, fields] of seen) {
    await page.goto(path);
    await ada.comesToRest();
    for (const field of fields) await page.locator('main').getByText(line(field)).first().waitFor();
    expect(await injected(page), path).toBe(0);
  }
  await page.goto(`/p/${id}`);
  await page.getByText('<script>alert(2)</script>').first().waitFor();
  await page.getByRole('combobox', { name: promptWords.search.label }).fill('hostilewords');
  await page.getByRole('option').getByText(line('title')).first().waitFor();
  expect(await injected(page), 'suggestions').toBe(0);
});

journey('what a model answers runs nothing either, and loads nothing from elsewhere', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  await page.goto('/playground');
  await page.getByLabel(words.prompt, { exact: true }).fill(PAYLOADS.filter((payload) => !payload.includes('{{')).join('\n\n'));
  const model = page.getByLabel(words.model(1));
  const echo = model.locator('option', { hasText: /^mock-echo$/ });
  await model.selectOption({ label: await echo.first().innerText() });
  await page.getByRole('button', { name: words.run, exact: true }).click();
  await page.getByText(words.statuses.COMPLETED, { exact: true }).waitFor();
  const answer = page.getByRole('article');
  await expect.poll(() => answer.innerText()).toContain('onerror=alert(1)');
  expect(await answer.locator('img, script, a[href^="javascript:"]').count()).toBe(0);
});

journey('a data set and the results of a run are shown as they were written', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page, api } = ada;
  const rows = [{ variables: { value: line('value') }, expected: line('expected') }];
  const { id } = await api.post<{ id: string }>('/api/tests/datasets', { name: line('data set'), rows });
  const targets = [{ modelProvider: 'MOCK', modelName: 'mock-echo' }];
  const assertions = [{ type: 'contains', value: line('assertion') }];
  const run = await api.post<{ id: string }>(`/api/tests/datasets/${id}/runs`, { promptContent: '{{value}}', targets, assertions });
  const seen: [string, string[]][] = [
    ['/tests', ['data set']],
    [`/tests/data/${id}`, ['data set', 'value', 'expected']],
    [`/tests/data/${id}/run`, ['data set']],
    [`/tests/runs/${run.id}`, ['data set', 'value']],
    [`/tests/runs/${run.id}?cell=1-1`, ['value', 'expected', 'assertion']],
    ['/notices', ['data set']],
  ];
  for (const [path, fields] of seen) {
    await page.goto(path);
    for (const field of fields) await page.locator('main').getByText(line(field)).locator('visible=true').last().waitFor();
    expect(await injected(page), path).toBe(0);
  }
});
