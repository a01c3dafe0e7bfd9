import { readFileSync } from 'node:fs';
import { expect, inject } from 'vitest';
import { words } from '../src/words/en';
import { journey } from './support/journey';

/** A page that needs each service, and what shows that it is whole. */
const PAGES = {
  prompt: { path: '/explore', away: /^\/(prompts|analytics|api\/social)/ },
  test: { path: '/playground', away: /^\/api\/tests/ },
  marketplace: { path: '/market', away: /^\/api\/marketplace/ },
} as const;

type Service = keyof typeof PAGES;

/** Every service takes minutes: `JOURNEYS_OUTAGES=all`. */
const SERVICES: readonly Service[] = process.env['JOURNEYS_OUTAGES'] === 'all' ? ['prompt', 'test', 'marketplace'] : ['prompt'];

interface StackRecord {
  parts: { name: string; runs: 'inLauncher' | { as?: { pid: number } } }[];
}

/** Returns the process of a service of this run's fleet. */
function processOf(service: Service): number | undefined {
  const record = JSON.parse(readFileSync(inject('record'), 'utf8')) as StackRecord;
  const runs = record.parts.find((part) => part.name === service)?.runs;
  return typeof runs === 'object' ? runs.as?.pid : undefined;
}

for (const service of SERVICES) {
  journey(`while the ${service} service hangs its page says what is away, and is whole by itself afterwards`, async (arrive) => {
    if (inject('record') === '') return;
    const pid = processOf(service);
    if (pid === undefined) throw new Error(`no process of ${service}`);
    const visitor = await arrive('visitor');
    const { page } = visitor;
    for (const status of [502, 503, 504]) visitor.expects(status, PAGES[service].away);
    // Stopped and not killed: the launcher would start it again at once.
    process.kill(pid, 'SIGSTOP');
    try {
      await page.goto(PAGES[service].path);
      await page.locator('.banner', { hasText: words.outage.services[service] }).waitFor({ timeout: 40_000 });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await expect.poll(() => page.locator('.banner').count(), { timeout: 40_000 }).toBe(0);
    expect(await page.locator('main').innerText()).not.toContain(words.outage.away(words.outage.services[service]));
  });
}

journey('without a network the page says so, keeps what it shows, and goes on by itself', async (arrive) => {
  const visitor = await arrive('visitor');
  const { page, context } = visitor;
  await page.goto('/explore');
  await page.locator('.prompt-list > li').first().waitFor();
  await context.setOffline(true);
  await page.getByRole('searchbox').fill('glaciers');
  await page.getByText(words.outage.offline).first().waitFor();
  await context.setOffline(false);
  await page.locator('.prompt-list mark', { hasText: 'glaciers' }).first().waitFor({ timeout: 30_000 });
});
