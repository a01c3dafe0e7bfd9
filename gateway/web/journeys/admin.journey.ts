import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { expect, inject } from 'vitest';
import { words as common } from '../src/words/en';
import { accountWords } from '../src/words/account';
import { adminWords as words } from '../src/words/admin';
import { Api } from './support/api';
import { journey } from './support/journey';
import { produce } from './support/kafka';
import type { Person } from './support/person';
import { accountButton, fillSignIn, signIn } from './support/steps';

const { people, acts, letter } = words;

/** Returns the row of an account, found by the filter. */
async function findPerson(page: Page, { account }: Pick<Person, 'account'>) {
  await page.goto(`/admin/people?q=${account.username}`);
  const row = page.locator('.person-row', { hasText: account.email });
  await row.waitFor();
  return row;
}

/** Does something to an account, and confirms it. */
async function act(page: Page, row: ReturnType<Page['locator']>, { open, confirm, done }: (typeof acts)[keyof typeof acts]): Promise<void> {
  await row.getByRole('button', { name: open }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: confirm, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await row.getByRole('status').getByText(done).waitFor();
}

journey.runIf(inject('administrator') !== null)('an administrator suspends somebody, who is signed out and cannot sign in until they are active again', async (arrive) => {
  const keeper = await arrive('keeper', { isAdministrator: true });
  const bob = await arrive('bob', { signedIn: true });
  await bob.page.goto('/settings');
  await accountButton(bob.page).waitFor();

  // The way there is in the menu of administrators alone.
  await accountButton(bob.page).click();
  await bob.page.getByRole('link', { name: common.navigation.settings }).waitFor();
  expect(await bob.page.getByRole('link', { name: common.navigation.admin }).count()).toBe(0);
  const { page } = keeper;
  await page.goto('/explore');
  await accountButton(page).click();
  await page.getByRole('link', { name: common.navigation.admin }).click();
  await page.getByRole('heading', { name: people.title }).waitFor();
  // What is typed is in the address, and finds them by their email.
  await page.getByLabel(people.search).fill(bob.account.email);
  await page.keyboard.press('Enter');
  await expect.poll(() => page.url()).toContain('q=bob');
  await expect.poll(() => page.locator('.person-row').count()).toBe(1);
  const row = page.locator('.person-row');
  await act(page, row, acts.suspend);
  await row.getByText(people.suspended, { exact: true }).waitFor();
  // The button that was pressed has become its opposite, and has the focus.
  expect(await row.getByRole('button', { name: acts.activate.open }).evaluate((element) => element === document.activeElement)).toBe(true);

  // The second person sees the effect: their session ends, and signing in says why not.
  bob.expects(401, /^\/(auth|users|prompts|api)\//);
  bob.expects(403, /^\/auth\/(login|refresh)$/);
  bob.expects(404, /^\/users\//);
  await expect
    .poll(async () => {
      await bob.page.goto('/settings');
      await bob.page.locator('.session-list > li, .empty').first().waitFor();
      return bob.page.getByText(accountWords.settings.needed).count();
    })
    .toBe(1);
  await signIn(bob);
  await bob.page.getByRole('alert').getByText('suspended').waitFor();

  await act(page, row, acts.activate);
  expect(await row.getByText(people.suspended, { exact: true }).count()).toBe(0);
  await fillSignIn(bob.page, bob.account.username, bob.account.password);
  await accountButton(bob.page).waitFor();
});

journey.runIf(inject('administrator') !== null)('an administrator gives the role and takes it away, and cannot do either to themselves', async (arrive) => {
  const keeper = await arrive('keeper', { isAdministrator: true });
  const ada = await arrive('ada', { signedIn: true });
  const { page } = keeper;
  const own = await findPerson(page, keeper);
  await own.getByText(people.self).waitFor();
  expect(await own.getByRole('button').count()).toBe(0);

  await ada.page.goto('/admin/pipeline');
  await ada.page.getByRole('heading', { name: words.forbidden }).waitFor();
  const row = await findPerson(page, ada);
  // Each change of roles ends the tokens of before: the client gets others.
  ada.expects(401, /^\//);
  await act(page, row, acts.promote);
  await ada.page.reload();
  await ada.page.getByRole('heading', { name: words.pipeline.health }).waitFor();
  await act(page, row, acts.demote);
  // Whoever is no administrator any more is told so by what they do next.
  ada.expects(403, /^\/(users|analytics)\b/);
  await ada.page.getByRole('heading', { name: words.forbidden }).waitFor();
});

const HOSTILE = '<img src=x onerror=alert(1)> {{x}} \u202e"not": an event';

journey.runIf(inject('record') !== '')('an administrator reads dead letters as they came, and replays one that can be counted by now and one that cannot', async (arrive) => {
  const record = inject('record');
  const keeper = await arrive('keeper', { isAdministrator: true });
  const { page } = keeper;
  // More than a day ahead is refused: what is so by seconds can be counted after them.
  const due = Date.now() + 6_000;
  const ahead = {
    eventId: randomUUID(),
    eventType: 'USER_REGISTERED',
    schemaVersion: 1,
    userId: randomUUID(),
    registeredAt: new Date(due + 86_400_000).toISOString(),
  };
  const topic = 'user.registered';
  const mark = randomUUID();
  produce(record, { topic, key: ahead.userId, value: JSON.stringify(ahead) });
  produce(record, { topic, key: `<b>${mark}</b>`, value: HOSTILE, headers: { 'x-request-id': `<i>${mark}</i>` } });
  produce(record, { topic, key: mark, value: Uint8Array.of(0xff, 0xfe, 0x00) });
  const api: Api = keeper.api;
  const letters = async () => (await api.get<{ content: { id: string; reason: string }[] }>(`/analytics/dead-letters?topic=${topic}&replayed=false`)).content;
  await expect.poll(async () => (await letters()).length).toBeGreaterThanOrEqual(3);

  await page.goto(`/admin/dead-letters?topic=${topic}`);
  await page.getByRole('link', { name: 'not a JSON object' }).first().click();
  // What turns the writing round is named, and turns nothing.
  await page.getByText(HOSTILE.replace('\u202e', 'U+202E')).waitFor();
  await page.getByText(`<i>${mark}</i>`).waitFor();
  expect(await page.locator('main img, main b, main i').count()).toBe(0);
  await page.getByRole('button', { name: letter.copy }).click();
  await page.getByText(letter.copied).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(HOSTILE);
  await replay(page);
  await page.getByRole('status').getByText(letter.outcomes.REFUSED).waitFor();
  await page.getByText(letter.notReplayed).waitFor();

  await page.getByRole('link', { name: letter.back }).click();
  await page.getByRole('link', { name: 'not UTF-8' }).first().click();
  await page.getByText(letter.base64).waitFor();
  await page.getByText('//4A', { exact: true }).waitFor();

  await page.goto(`/admin/dead-letters?topic=${topic}`);
  await page.getByRole('link', { name: 'more than a day ahead' }).first().click();
  await page.getByText(ahead.eventId).waitFor();
  await expect.poll(() => Date.now()).toBeGreaterThan(due);
  await replay(page);
  await page.getByRole('status').getByText(letter.outcomes.APPLIED).waitFor();
  await replay(page);
  await page.getByRole('status').getByText(letter.outcomes.ALREADY_APPLIED).waitFor();
  const id = page.url().split('/').pop() ?? '';
  expect((await letters()).map((one) => one.id)).not.toContain(id);
  await page.goto('/admin/dead-letters?show=replayed');
  await page.locator(`a[href$="${id}"]`).waitFor();
});

async function replay(page: Page): Promise<void> {
  await page.getByRole('button', { name: letter.replay }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: letter.confirm, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

journey.runIf(inject('administrator') !== null)('the pipeline says what is ready and what is away, and asks nothing while nobody looks', async (arrive) => {
  const keeper = await arrive('keeper', { isAdministrator: true });
  const { page } = keeper;
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().endsWith('/analytics/pipeline')) asked += 1;
  });
  await page.clock.install();
  await page.route('**/health/ready', async (route) => {
    const response = await route.fetch();
    const report = (await response.json()) as { checks: { name: string; status: string }[] };
    const checks = report.checks.map((check) => (check.name === 'test' ? { ...check, status: 'DOWN' } : check));
    await route.fulfill({ json: { ...report, checks } });
  });
  await page.goto('/admin/pipeline');
  const health = page.getByRole('list', { name: words.pipeline.health });
  const service = (name: string) => health.getByRole('listitem').filter({ hasText: name });
  await service(words.pipeline.parts.test).getByText(words.pipeline.down, { exact: true }).waitFor();
  await service(words.pipeline.parts.user).getByText(words.pipeline.up, { exact: true }).waitFor();
  await page.getByRole('table', { name: 'prompt.viewed' }).getByRole('row').nth(6).waitFor();
  const first = asked;
  await page.clock.fastForward(5_500);
  await expect.poll(() => asked).toBeGreaterThan(first);
  await bringToFront(page, false);
  const before = asked;
  await page.clock.fastForward(60_000);
  await bringToFront(page, true);
  await page.clock.fastForward(5_500);
  await expect.poll(() => asked).toBeGreaterThan(before);
  // One question of now, and none of the time in which nobody looked.
  expect(asked).toBe(before + 1);
  await page.unrouteAll({ behavior: 'wait' });
});

/** Tells a page that its tab is in front, or behind another one. */
async function bringToFront(page: Page, isInFront: boolean): Promise<void> {
  await page.evaluate((visibility) => {
    Object.defineProperty(document, 'visibilityState', { value: visibility, configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, isInFront ? 'visible' : 'hidden');
}
