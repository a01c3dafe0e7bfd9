import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { words as allWords } from '../src/words/en';
import { playgroundWords } from '../src/words/playground';
import { testWords as words } from '../src/words/tests';
import { journey } from './support/journey';
import type { Person } from './support/person';
import { IS_TIMED } from './support/times';

const ROWS = 'name,expected\nAda,hello\nBob,please\nEve,hello\n';

/** Makes a data set of the rows above beside the browser, and returns its id. */
async function greetings({ api }: Person): Promise<string> {
  const rows = ROWS.trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
    .map(([name, expected]) => ({ variables: { name }, expected }));
  return (await api.post<{ id: string }>('/api/tests/datasets', { name: 'Greetings', rows })).id;
}

const start = (page: Page) => page.getByRole('button', { name: words.setup.submit }).click();
const isOver = (page: Page) => page.getByRole('button', { name: words.run.csv }).waitFor();

journey('an author runs a data set on two models, edits the prompt, runs again and finds the one row that regressed', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page, api } = ada;
  const promptId = await api.createPrompt({ title: 'A kind greeting', content: 'Please say hello to {{name}}.', category: 'Writing' });
  await greetings(ada);
  await page.goto(`/p/${promptId}`);
  await page.getByRole('button', { name: allWords.prompt.moreActions, exact: true }).click();
  await page.getByRole('link', { name: allWords.prompt.runOverDataset }).click();
  await page.getByRole('link', { name: words.list.runLabel('Greetings') }).click();
  await page.getByRole('button', { name: playgroundWords.addModel }).click();
  await page.getByRole('button', { name: words.assertions.add }).click();
  const assertion = page.getByRole('group', { name: words.assertions.legend(1) });
  await start(page);
  await assertion.getByText(words.assertions.valueNeeded).waitFor();
  await assertion.getByRole('button', { name: words.assertions.insert('expected') }).click();
  await start(page);
  await isOver(page);
  await page.getByText(words.runs.passed('6', '6')).waitFor();
  await page.getByText(words.run.nothingEarlier).waitFor();

  await api.call('PUT', `/prompts/${promptId}`, { content: 'Say hello to {{name}}.', changeLog: 'Shorter' });
  // Models and assertions are those of the run before.
  await page.getByRole('link', { name: words.run.again }).click();
  await page.getByText(words.setup.asLastTime).waitFor();
  expect(await assertion.getByRole('textbox', { name: words.assertions.values.text }).inputValue()).toBe('{{expected}}');
  await start(page);
  await isOver(page);
  await page.getByText(words.runs.passed('4', '6')).waitFor();
  await page.getByText(words.run.regressed(2, '2')).first().waitFor();
  const firstRow = page.getByRole('grid').getByRole('row').nth(1);
  await expect.poll(() => firstRow.innerText()).toContain('Bob');
  await page.getByLabel(words.run.show).selectOption({ label: words.run.shows.regressed });
  await expect.poll(() => page.getByRole('grid').getByRole('row').count()).toBe(2);
  expect(await page.getByRole('columnheader', { name: 'mock-echo' }).innerText()).toMatch(/[-−]33/);

  await firstRow.getByRole('button').last().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('region', { name: words.cell.now }).getByText('Say hello to Bob.').waitFor();
  await dialog.getByRole('region', { name: words.cell.before }).getByText('Please say hello to Bob.').waitFor();
  expect(await dialog.locator('del').allInnerTexts()).toEqual(['Please say']);
  expect(await dialog.locator('ins').allInnerTexts()).toEqual(['Say']);
  // The address has all of it.
  await page.reload();
  await dialog.getByRole('region', { name: words.cell.before }).getByText('Please say hello to Bob.').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: words.run.csv }).click();
  const lines = (await readFile(await (await download).path(), 'utf8')).trim().split('\r\n');
  expect(lines).toHaveLength(7);
  expect(lines[0]).toMatch(/^\ufeff?row,name,expected,/);
  expect(lines.filter((line) => line.includes('Say hello to Bob.'))).toHaveLength(2);
});

journey('the latest runs are listed over all data sets in one request, and a prompt’s page shows its author those of it', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page, api } = ada;
  const targets = [{ modelProvider: 'MOCK', modelName: 'mock-echo' }];
  const assertions = [{ type: 'icontains', value: '{{expected}}' }];
  const run = async (dataset: string, body: object) => {
    const { id } = await api.post<{ id: string }>(`/api/tests/datasets/${dataset}/runs`, { ...body, targets, assertions });
    await expect.poll(async () => (await api.get<{ progress: { done: number } }>(`/api/tests/runs/${id}`)).progress.done).toBe(3);
    return id;
  };
  const promptId = await api.createPrompt({ title: 'A kind greeting', content: 'Please say hello to {{name}}.', category: 'Writing' });
  const runId = await run(await greetings(ada), { promptId });
  const deleted = await greetings(ada);
  await run(deleted, { promptContent: 'Say hello to {{name}}.' });
  await api.call('DELETE', `/api/tests/datasets/${deleted}`);
  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url());
    if (pathname.endsWith('/runs') && !search.includes('size=20')) asked.push(pathname);
  });

  await page.goto('/tests');
  const runs = page.getByRole('list', { name: words.list.latestRuns }).getByRole('listitem');
  await expect.poll(() => runs.count()).toBe(2);
  const [latest, first] = await runs.allInnerTexts();
  expect(latest).toContain(words.runs.ownText);
  expect(latest).toContain(words.run.deletedDataset);
  expect(first).toContain(`${words.setup.over} Greetings`);
  expect(first).toContain(words.runs.passed('3', '3'));
  await runs.getByRole('link', { name: 'A kind greeting' }).waitFor();
  await page.getByRole('list', { name: words.list.datasets }).getByRole('link', { name: 'Greetings', exact: true }).waitFor();
  await ada.comesToRest();
  expect(asked).toEqual(['/api/tests/runs']);

  await page.goto(`/p/${promptId}`);
  const ofPrompt = page.getByRole('region', { name: words.runs.label, exact: true });
  await ofPrompt.getByText(words.runs.passed('3', '3')).waitFor();
  await ofPrompt.getByRole('link', { name: allWords.prompt.runOverDataset }).click();
  await expect.poll(() => page.getByRole('list', { name: words.list.promptRuns }).getByRole('listitem').count()).toBe(1);
  await page.goBack();
  await ofPrompt.getByRole('link', { name: 'Greetings' }).click();
  await page.waitForURL(new RegExp(`/tests/runs/${runId}$`));

  const bob = await arrive('bob', { signedIn: true });
  await bob.page.goto(`/p/${promptId}`);
  await bob.page.getByRole('heading', { name: 'A kind greeting' }).waitFor();
  await bob.comesToRest();
  expect(await bob.page.getByRole('region', { name: words.runs.label, exact: true }).count()).toBe(0);
});

journey('a run goes on over one stream, is stopped at the server soon, and what had come is kept', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page, api } = ada;
  const dataset = await greetings(ada);
  const targets = ['mock', 'mock-slow-30000'].map((modelName) => ({ modelProvider: 'MOCK', modelName }));
  let streams = 0;
  page.on('request', (request) => {
    if (request.url().endsWith('/stream')) streams += 1;
  });
  const { id } = await api.post<{ id: string }>(`/api/tests/datasets/${dataset}/runs`, { promptContent: 'Say hello to {{name}}.', targets });
  await page.goto(`/tests/runs/${id}`);
  await page.getByText(words.run.progress('3', '6')).waitFor();
  await expect.poll(() => page.getByRole('grid').getByText('Mock answer').count()).toBe(3);
  const stopped = page.waitForResponse((response) => response.url().endsWith('/cancel'));
  const begun = Date.now();
  await page.getByRole('button', { name: words.run.stop, exact: true }).click();
  expect((await stopped).status()).toBe(200);
  const run = await api.get<{ progress: object }>(`/api/tests/runs/${id}`);
  // The slow model answers after half a minute.
  expect(Date.now() - begun).toBeLessThan(IS_TIMED ? 2_000 : 15_000);
  expect(run.progress).toEqual({ done: 6, total: 6, cancelled: 3 });
  await page.getByText(words.run.stopped(3, '3')).waitFor();
  await expect.poll(() => page.getByRole('grid').getByText(words.statuses.CANCELLED).count()).toBe(3);
  expect(await page.getByRole('grid').getByText('Mock answer').count()).toBeGreaterThanOrEqual(3);
  expect(streams).toBe(1);
});

journey('what does not fit is said before the run: columns that nothing uses, and rows that the server refuses', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { page } = ada;
  const dataset = await greetings(ada);
  await page.goto(`/tests/data/${dataset}/run`);
  await page.getByRole('button', { name: words.setup.kinds.text }).click();
  await page.getByRole('textbox', { name: words.setup.text, exact: true }).fill('Say hello in {{language}}.');
  await page.getByText(words.setup.missing('language')).waitFor();
  await page.getByText(words.setup.unused('name')).waitFor();
  ada.expects(422, /\/runs$/);
  await start(page);
  await page.getByRole('alert').getByText(/row 1: is missing/).waitFor();
});

journey('a visitor is asked to sign in, and another person’s data set and run are not there', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const dataset = await greetings(ada);
  const targets = [{ modelProvider: 'MOCK', modelName: 'mock' }];
  const { id } = await ada.api.post<{ id: string }>(`/api/tests/datasets/${dataset}/runs`, { promptContent: 'Say hello to {{name}}.', targets });
  const visitor = await arrive('visitor');
  for (const path of ['/tests', '/tests/new', `/tests/data/${dataset}`, `/tests/runs/${id}`]) {
    await visitor.page.goto(path);
    await visitor.page.getByText(words.needed).waitFor();
  }
  const bob = await arrive('bob', { signedIn: true });
  bob.expects(404, /\/api\/tests\//);
  for (const path of [`/tests/data/${dataset}`, `/tests/data/${dataset}/run`, `/tests/runs/${id}`]) {
    await bob.page.goto(path);
    await bob.page.getByRole('heading', { name: allWords.errors.notFoundTitle }).waitFor();
  }
});
