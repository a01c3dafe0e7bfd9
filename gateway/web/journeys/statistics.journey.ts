import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { words as allWords } from '../src/words/en';
import { chartWords } from '../src/words/chart';
import { playgroundWords } from '../src/words/playground';
import { statisticsWords as words } from '../src/words/statistics';
import { account } from './support/api';
import { findViolations } from './support/axe';
import { journey } from './support/journey';
import { accountButton, author, fillSignIn, write } from './support/steps';
import { LONGEST_TASK } from './support/times';

/** Returns a figure of a page by its name, as a number. */
async function figure(page: Page, name: string): Promise<number> {
  const text = await page.locator('.tile', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd').innerText();
  return Number(text.replaceAll(/\D/g, ''));
}

const VIEWS = words.live.figures.promptViewsLast24h;
const isLive = (page: Page) => page.getByText(words.live.live).waitFor();

journey('statistics that are left open follow new views, and say when they are cut off and that they are live again', async (arrive) => {
  const visitor = await arrive('visitor');
  const { page, url } = visitor;
  await page.goto('/statistics');
  await isLive(page);
  const before = await figure(page, VIEWS);
  const ada = await author(url, account('ada'));
  const id = await ada.createPrompt({ title: 'Watched', content: 'Explain {{topic}} to me.', category: 'Education' });
  for (const name of ['bob', 'eve', 'dan']) await (await author(url, account(name))).get(`/prompts/${id}`);
  await expect.poll(() => figure(page, VIEWS)).toBeGreaterThanOrEqual(before + 3);

  // The stream itself cannot be taken from outside: the page is opened again where it is refused.
  const problem = { status: 503, code: 'SERVICE_UNAVAILABLE', detail: 'The analytics service is not available.' };
  visitor.expects(503, /\/analytics\/live$/);
  await page.route('**/analytics/live', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) }));
  await page.reload();
  await page.getByText(/^Cut off\. The figures are as of/).waitFor();
  await page.unroute('**/analytics/live');
  await isLive(page);
});

journey('ten tabs of live figures take one stream: all else still answers, and another tab takes over', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const streams = new Set<Page>();
  ada.context.on('response', (response) => {
    if (response.url().endsWith('/analytics/live')) streams.add(response.frame().page());
  });
  const tabs = [ada.page];
  while (tabs.length < 10) tabs.push(await ada.context.newPage());
  for (const tab of tabs) {
    await tab.goto('/statistics');
    await isLive(tab);
  }
  expect(streams.size).toBe(1);

  const another = await ada.context.newPage();
  await another.goto('/explore');
  await another.locator('.prompt-list > li').first().waitFor();
  const id = await write(another, { title: 'Written beside ten tabs', content: 'Explain the tides slowly.', category: 'Education' });
  await another.goto(`/playground?prompt=${id}`);
  await another.getByRole('button', { name: playgroundWords.run, exact: true }).click();
  await another.getByText(playgroundWords.statuses.COMPLETED, { exact: true }).first().waitFor();

  const last = tabs.at(-1);
  const reader = tabs.find((tab) => streams.has(tab));
  if (last === undefined || reader === undefined || last === reader) throw new Error('the first tab reads the stream');
  await reader.close();
  await expect.poll(() => streams.size).toBe(2);
  await last.bringToFront();
  const before = await figure(last, VIEWS);
  await (await author(ada.url, account('bob'))).get(`/prompts/${id}`);
  await expect.poll(() => figure(last, VIEWS)).toBeGreaterThan(before);
});

journey('an author sees how their prompts do, in days of any zone, at an address that says it all', async (arrive) => {
  const ada = await arrive('ada', { locale: 'en-GB', signedIn: true });
  const title = 'Seen by <i>two</i>';
  const id = await ada.api.createPrompt({ title, content: 'Explain {{topic}} to me.', category: 'Education' });
  for (const name of ['bob', 'eve']) await (await author(ada.url, account(name))).get(`/prompts/${id}`);
  const { page } = ada;
  await expect.poll(async () => (await ada.api.get<{ views: number }>(`/analytics/prompts/${id}`)).views).toBe(2);
  await page.goto('/statistics');
  const own = page.locator('section', { has: page.getByRole('heading', { name: words.own.title }) });
  await own.getByRole('link', { name: title }).waitFor();
  await own.locator('.tile.main', { hasText: '2' }).waitFor();

  await page.getByRole('combobox', { name: words.period.range, exact: true }).selectOption({ label: words.period.ranges[7] });
  await page.getByRole('combobox', { name: words.period.zone, exact: true }).selectOption('Pacific/Kiritimati');
  await own.getByText(/Time zone: Pacific\/Kiritimati/).waitFor();
  const today = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'Pacific/Kiritimati' }).format();
  await own.getByText(chartWords.asTable).click();
  const rows = own.locator('.chart tbody tr');
  await expect.poll(() => rows.count()).toBe(7);
  expect(await findViolations(page)).toEqual([]);
  expect(await rows.last().innerText()).toMatch(new RegExp(`^${today}\\s+2\\s+2$`));
  const search = new URL(page.url()).searchParams;
  expect([search.get('range'), search.get('zone')]).toEqual(['7', 'Pacific/Kiritimati']);
  await page.reload();
  await own.getByText(/Time zone: Pacific\/Kiritimati/).waitFor();
  expect(await page.getByRole('combobox', { name: words.period.range, exact: true }).inputValue()).toBe('7');

  await own.getByRole('link', { name: title }).click();
  await page.locator('.prompt-views .tile.main', { hasText: '2' }).waitFor();
});

journey('the views of a prompt are for its author, and a visitor is asked to sign in for their own', async (arrive) => {
  const ada = await arrive('ada');
  const api = await author(ada.url, ada.account);
  const id = await api.createPrompt({ title: 'Whose views', content: 'Explain {{topic}} to me.', category: 'Education' });
  const { page } = ada;
  await page.goto(`/p/${id}?tab=views`);
  await page.getByLabel('topic').first().waitFor();
  expect(await page.getByRole('link', { name: allWords.prompt.tabs.views, exact: true }).count()).toBe(0);
  await page.goto('/statistics');
  await page.getByRole('main').getByRole('button', { name: /sign in/i }).click();
  await fillSignIn(page, ada.account.username, ada.account.password);
  await accountButton(page).waitFor();
  await page.getByText(words.own.prompts).waitFor();
});

journey('more hours than a chart takes are refused in words, and a chart of months of hours is quick', async (arrive) => {
  const ada = await arrive('ada');
  const { page } = ada;
  ada.expects(400, /\/analytics\/timeseries$/);
  await page.goto('/statistics?interval=hour&range=365&zone=America%2FLos_Angeles');
  await page.getByRole('alert').waitFor();
  await page.goto('/statistics?interval=hour&since=2026-01-01&until=2026-03-20&zone=America%2FLos_Angeles');
  const chart = page.locator('.chart', { hasText: words.activity.metrics.views });
  await chart.waitFor();
  const blocked = await page.evaluate(async () => {
    let longest = 0;
    const observer = new PerformanceObserver((list) => {
      for (const task of list.getEntries()) longest = Math.max(longest, task.duration);
    });
    observer.observe({ type: 'longtask' });
    const area = document.querySelector('.chart-area');
    const { left = 0, width = 0 } = area?.getBoundingClientRect() ?? {};
    for (let step = 0; step < 40; step += 1) {
      area?.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX: left + (width * step) / 40 }));
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return longest;
  });
  expect(blocked).toBeLessThan(LONGEST_TASK);
  await chart.getByText(/GMT-8|GMT-7|Nothing|Highest/).waitFor();
});
