import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, inject } from 'vitest';
import { serviceOf, type ServiceName } from '../src/api/services';
import { words } from '../src/words/en';
import { playgroundWords } from '../src/words/playground';
import { testWords } from '../src/words/tests';
import { statisticsWords } from '../src/words/statistics';
import { journey } from './support/journey';
import type { Person } from './support/person';
import { accountButton, author } from './support/steps';

const rows = '.prompt-list > li';
/** A service that hangs is given up by the gateway after 15 s, or 40 s for tests, and a gateway that hangs by the client after 20 s. */
const PATIENCE = { timeout: 75_000 };

interface Outage {
  begin: () => Promise<unknown>;
  end: () => Promise<unknown>;
}

/** Answers in place of a service, as the gateway does while that is away. */
function refused({ page }: Person, service: ServiceName): Outage {
  const problem = { status: 503, code: 'SERVICE_UNAVAILABLE', detail: `The ${service} service is not available.` };
  const isHit = (url: URL) => url.pathname === '/health/ready' || (serviceOf(url.pathname) === service && /^\/(auth|users|prompts|api|analytics)\//.test(url.pathname));
  return {
    begin: () =>
      page.route(isHit, async (route) => {
        if (!route.request().url().endsWith('/health/ready')) {
          await route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) });
          return;
        }
        const report = (await (await route.fetch()).json()) as { checks: { name: string; status: string }[] };
        const checks = report.checks.map((check) => (check.name === service ? { ...check, status: 'DOWN' } : check));
        await route.fulfill({ json: { ...report, checks } });
      }),
    end: () => page.unroute(isHit),
  };
}

interface StackRecord {
  parts: { name: string; runs: 'inLauncher' | { as?: { pid: number } } }[];
}

/** Stops a process of this run's fleet. It is not killed: the launcher would start it again at once. */
function stopped(name: ServiceName | 'gateway'): Outage {
  const record = JSON.parse(readFileSync(inject('record'), 'utf8')) as StackRecord;
  const runs = record.parts.find((part) => part.name === name)?.runs;
  const pid = typeof runs === 'object' ? runs.as?.pid : undefined;
  if (pid === undefined) throw new Error(`no process of ${name}`);
  return {
    begin: async () => void process.kill(pid, 'SIGSTOP'),
    end: async () => void process.kill(pid, 'SIGCONT'),
  };
}

async function showsBanner(page: Page, text: string): Promise<void> {
  await page.locator('.banner', { hasText: text }).waitFor(PATIENCE);
}

/** Waits until nothing on the page says any more that something is away. */
async function isWhole(page: Page, service: ServiceName): Promise<void> {
  await expect.poll(() => page.locator('.banner').count(), PATIENCE).toBe(0);
  // The banner goes with the first answer; each part of the page asks again at its own time.
  await expect.poll(() => page.locator('main').innerText(), PATIENCE).not.toContain(words.outage.away(words.outage.services[service]));
}

/** What somebody meets on the pages that need each service, and how they are whole again with nothing done. */
const WALKS: Record<ServiceName, (person: Person, outage: Outage) => Promise<void>> = {
  user: async (person, { begin, end }) => {
    const { page, account } = person;
    await begin();
    await page.goto('/explore');
    await showsBanner(page, words.outage.services.user);
    // Everyone may read, whoever they are.
    await page.locator(rows).first().waitFor(PATIENCE);
    await page.goto(`/u/${account.username}`);
    await page.locator('main').getByText(words.outage.away(words.outage.services.user)).waitFor(PATIENCE);
    await end();
    await page.getByRole('heading', { name: account.username }).waitFor(PATIENCE);
    await accountButton(page).waitFor(PATIENCE);
    await isWhole(page, 'user');
  },
  prompt: async ({ page }, { begin, end }) => {
    await begin();
    await page.goto('/explore');
    await showsBanner(page, words.outage.services.prompt);
    await end();
    await page.locator(rows).first().waitFor(PATIENCE);
    await isWhole(page, 'prompt');
  },
  test: async (person, { begin, end }) => {
    const { page } = person;
    await page.goto('/playground');
    await page.getByLabel(playgroundWords.prompt, { exact: true }).fill('Count to three.');
    await begin();
    await page.getByRole('button', { name: playgroundWords.run, exact: true }).click();
    await showsBanner(page, words.outage.services.test);
    await end();
    // Nobody sends the run again by itself: that the service is back must be found out otherwise.
    await expect.poll(() => page.locator('.banner').count(), PATIENCE).toBe(0);
    expect(await page.getByLabel(playgroundWords.prompt, { exact: true }).inputValue()).toBe('Count to three.');
    await page.getByRole('button', { name: playgroundWords.run, exact: true }).click();
    await page.getByText(playgroundWords.statuses.COMPLETED, { exact: true }).waitFor(PATIENCE);
    await begin();
    await page.goto('/tests');
    await page.locator('main').getByText(words.outage.away(words.outage.services.test)).waitFor(PATIENCE);
    await end();
    await page.getByRole('heading', { name: testWords.list.empty }).waitFor(PATIENCE);
    await isWhole(page, 'test');
  },
  marketplace: async ({ page }, { begin, end }) => {
    await begin();
    await page.goto('/market');
    await showsBanner(page, words.outage.services.marketplace);
    await page.locator('main').getByText(words.outage.away(words.outage.services.marketplace)).waitFor(PATIENCE);
    await end();
    await isWhole(page, 'marketplace');
  },
  // Only their own page needs statistics: without them all others are whole.
  analytics: async (person, { begin, end }) => {
    const { page } = person;
    const api = await author(person.url, person.account);
    const id = await api.createPrompt({ title: 'Read without statistics', content: 'Explain {{topic}}.', category: 'Education' });
    await begin();
    await page.goto('/explore');
    await page.locator(rows).first().waitFor();
    await page.goto(`/p/${id}`);
    await page.getByRole('heading', { name: 'Read without statistics' }).waitFor();
    await person.comesToRest();
    expect(await page.locator('.banner').count()).toBe(0);
    await page.goto('/statistics');
    await showsBanner(page, words.outage.services.analytics);
    await page.locator('main').getByText(words.outage.away(words.outage.services.analytics)).first().waitFor(PATIENCE);
    await end();
    await isWhole(page, 'analytics');
    await page.getByText(statisticsWords.live.live).waitFor(PATIENCE);
  },
};

/** The services whose pages somebody sees who is signed in. */
const SIGNED_IN: readonly ServiceName[] = ['user', 'test'];

const SERVICES = ['user', 'prompt', 'test', 'marketplace', 'analytics'] as const satisfies ServiceName[];

for (const service of SERVICES) {
  journey(`while the ${service} service is refused pages say what is away, and are whole by themselves afterwards`, async (arrive) => {
    const person = await arrive('ada', { signedIn: SIGNED_IN.includes(service) });
    person.expects(503, /^\/(auth|users|prompts|api|analytics)\//);
    await WALKS[service](person, refused(person, service));
  });
}

/** Processes that hang take minutes: `npm run outages`. */
const IS_REAL = process.env['JOURNEYS_OUTAGES'] === 'all';

for (const service of SERVICES) {
  journey.runIf(IS_REAL)(`while the process of the ${service} service hangs pages say what is away, and are whole by themselves afterwards`, async (arrive) => {
    const person = await arrive('ada', { signedIn: SIGNED_IN.includes(service) });
    for (const status of [502, 503, 504]) person.expects(status, /^\/(auth|users|prompts|api|analytics)\//);
    const outage = stopped(service);
    try {
      await WALKS[service](person, outage);
    } finally {
      await outage.end();
    }
  });
}

journey.runIf(IS_REAL)('while the gateway hangs the page says that nothing can be reached, and goes on by itself, signed in', async (arrive) => {
  const person = await arrive('ada', { signedIn: true });
  const { page } = person;
  await page.goto('/explore');
  await accountButton(page).waitFor();
  await page.locator(rows).first().waitFor();
  const gateway = stopped('gateway');
  await gateway.begin();
  try {
    await page.getByRole('combobox', { name: words.search.label }).fill('glaciers');
    await page.getByText(words.outage.offline).first().waitFor(PATIENCE);
  } finally {
    await gateway.end();
  }
  await page.locator('.prompt-list mark', { hasText: 'glaciers' }).first().waitFor(PATIENCE);
  await expect.poll(() => page.locator('.banner').count(), PATIENCE).toBe(0);
  await accountButton(page).waitFor();
});

journey('without a network the page says so, and goes on by itself', async (arrive) => {
  const visitor = await arrive('visitor');
  const { page, context } = visitor;
  await page.goto('/explore');
  await page.locator(rows).first().waitFor();
  await context.setOffline(true);
  await page.getByRole('combobox', { name: words.search.label }).fill('glaciers');
  await page.getByText(words.outage.offline).first().waitFor();
  await context.setOffline(false);
  await page.locator('.prompt-list mark', { hasText: 'glaciers' }).first().waitFor({ timeout: 30_000 });
});
