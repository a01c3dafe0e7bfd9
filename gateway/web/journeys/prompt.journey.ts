import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { words } from '../src/words/en';
import { journey } from './support/journey';
import { author, fillSignIn } from './support/steps';

const CONTENT = 'Explain {{topic}} to {{audience:a curious child}}.\r\n\tFünf Sätze, 五句话.  ';

journey('a visitor fills in a prompt and copies it: the bytes that are stored, with the values in their places', async (arrive) => {
  const visitor = await arrive('visitor');
  const api = await author(visitor.url, visitor.account);
  const id = await api.createPrompt({ title: 'To copy', content: CONTENT, category: 'Education' });
  const stored = (await api.get<{ content: string }>(`/prompts/${id}`)).content;
  const { page } = visitor;
  await page.goto(`/p/${id}`);
  await page.getByRole('textbox', { name: 'topic' }).fill('ebb and flow');
  await page.getByRole('button', { name: words.prompt.copy, exact: true }).click();
  await page.getByText(words.prompt.copied).first().waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(stored.replace('{{topic}}', 'ebb and flow').replace('{{audience:a curious child}}', 'a curious child'));

  await page.getByRole('button', { name: words.prompt.moreActions }).click();
  await page.getByRole('button', { name: words.prompt.copyTemplate }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(stored);
  await page.getByRole('button', { name: words.prompt.moreActions }).click();
  await page.getByRole('button', { name: words.prompt.copyLink }).click();
  await page.getByText(words.prompt.linkCopied).first().waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.goto(link);
  expect(await page.getByRole('textbox', { name: 'topic' }).inputValue()).toBe('ebb and flow');
  const run = page.getByRole('link', { name: words.prompt.run, exact: true });
  const target = new URL((await run.getAttribute('href')) ?? '', visitor.url);
  expect(target.searchParams.get('vars')).toBe('{"topic":"ebb and flow"}');
});

journey('one person comments, and the author sees it and answers in another browser', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const bob = await arrive('bob', { signedIn: true });
  const { api } = bob;
  const id = await api.createPrompt({ title: 'To discuss', content: CONTENT, category: 'Education' });
  await ada.page.goto(`/p/${id}?tab=discussion`);
  await ada.page.getByRole('textbox', { name: words.discussion.write }).fill('It worked for my class.');
  await ada.page.getByRole('button', { name: words.discussion.comment, exact: true }).click();
  await bob.page.goto(`/p/${id}`);
  await bob.page.getByRole('link', { name: new RegExp(`^${words.prompt.tabs.discussion}`) }).click();
  await bob.page.getByText('It worked for my class.').waitFor();
  await bob.page.getByRole('button', { name: words.discussion.reply, exact: true }).click();
  await bob.page.getByRole('textbox', { name: words.discussion.replyTo(ada.account.username) }).fill('Good to hear.');
  await bob.page.locator('.thread form').getByRole('button', { name: words.discussion.reply, exact: true }).click();
  await bob.page.locator('.replies').getByText('Good to hear.').waitFor();
  await ada.page.reload();
  await ada.page.locator('.replies').getByText('Good to hear.').waitFor();
});

journey('versions are compared, the newest with the one before at first, by line and by word', async (arrive) => {
  const visitor = await arrive('visitor');
  const api = await author(visitor.url, visitor.account);
  const lines = ['One {{a}}.', 'Two words here.', 'Three.', '五千字的一行。'];
  const id = await api.createPrompt({ title: 'To compare', content: lines.join('\n'), category: 'Writing' });
  const change = (text: string, changeLog: string) => api.call('PUT', `/prompts/${id}`, { content: text, changeLog });
  await change(lines.with(1, 'Two other words here.').join('\n'), 'One word more');
  await change([...lines.with(1, 'Two other words here.'), 'Five.'].join('\n'), 'A last line');
  const { page } = visitor;
  await page.goto(`/p/${id}?tab=versions`);
  await page.getByText('A last line').waitFor();
  await page.getByText(words.versions.between(2, 3)).waitFor();
  await page.getByText('Five.').waitFor();
  await page.getByRole('radio', { name: words.versions.compareFrom(1) }).check();
  await page.getByText(words.versions.between(1, 3)).waitFor();
  await page.getByText(words.versions.kinds.words, { exact: true }).click();
  await expect.poll(() => page.locator('.word-diff ins').allInnerTexts()).toEqual(['other ', '\nFive.']);
});

/** Returns what the comparison marks: lines and words that went, and that came. */
async function marked(page: Page) {
  await page.locator('.line-diff tr').nth(1).waitFor();
  const texts = (selector: string) => page.locator(`.line-diff ${selector}`).allInnerTexts();
  return {
    removedLines: await page.locator('.line-diff tr.removed').count(),
    addedLines: await page.locator('.line-diff tr.added').count(),
    removed: await texts('tr.removed del'),
    added: await texts('tr.added ins'),
  };
}

journey('a comparison marks what changed and no more: a line put in between, a word in 5,000 characters, Chinese text', async (arrive) => {
  const visitor = await arrive('visitor');
  const api = await author(visitor.url, visitor.account);
  const lines = Array.from({ length: 40 }, (_, index) => `Line ${index} of the prompt.`);
  const long = 'Some words that fill a line. '.repeat(172);
  const texts = [
    lines.join('\n'),
    lines.toSpliced(20, 0, 'A line in between.').join('\n'),
    `${long}once ${long}`,
    `${long}twice ${long}`,
    '请用五句话解释潮汐。\n然后举一个例子。',
    '请用三句话解释潮汐。\n然后举一个例子。',
  ];
  const id = await api.createPrompt({ title: 'To compare closely', content: texts[0] ?? '', category: 'Writing' });
  for (const content of texts.slice(1)) await api.call('PUT', `/prompts/${id}`, { content });
  const { page } = visitor;
  await page.goto(`/p/${id}?tab=versions&from=1&to=2`);
  expect(await marked(page)).toMatchObject({ removedLines: 0, addedLines: 1 });
  expect(await page.locator('.line-diff tr.added').innerText()).toContain('A line in between.');
  // What is the same is folded away, and opens.
  const rows = await page.locator('.line-diff tbody tr:not(.skipped)').count();
  expect(rows).toBeLessThan(12);
  await page.getByRole('button', { name: words.versions.skipped(17) }).first().click();
  expect(await page.locator('.line-diff tbody tr:not(.skipped)').count()).toBe(rows + 17);
  await page.goto(`/p/${id}?tab=versions&from=3&to=4`);
  expect(await marked(page)).toEqual({ removedLines: 1, addedLines: 1, removed: ['once'], added: ['twice'] });
  await page.goto(`/p/${id}?tab=versions&from=5&to=6`);
  const chinese = await marked(page);
  expect(chinese).toMatchObject({ removedLines: 1, addedLines: 1 });
  // Where a word of Chinese ends is the browser's dictionary's to say; a sentence is no word.
  expect(chinese.removed.join('|')).toMatch(/^五句?话?$/);
  expect(chinese.added.join('|')).toMatch(/^三句?话?$/);
});

journey('the author labels a version, moves the label to another one, and takes it off', async (arrive) => {
  const ada = await arrive('ada', { signedIn: true });
  const { api } = ada;
  const id = await api.createPrompt({ title: 'To label', content: CONTENT, category: 'Writing' });
  await api.call('PUT', `/prompts/${id}`, { content: `${CONTENT} More.` });
  const { page } = ada;
  await page.goto(`/p/${id}?tab=versions`);
  const labelsOf = (version: number) => page.locator('.version-table tr').filter({ has: page.getByText(words.prompt.version(version), { exact: true }) }).locator('.tag').allInnerTexts();
  for (const version of [1, 2]) {
    await page.getByRole('button', { name: words.versions.actions(version) }).click();
    await page.getByRole('button', { name: words.versions.label, exact: true }).click();
    await page.getByRole('dialog').getByLabel(words.versions.labelName, { exact: true }).fill('production');
    await page.getByRole('dialog').getByRole('button', { name: words.versions.label, exact: true }).click();
    await expect.poll(() => labelsOf(version)).toContain('production');
  }
  await expect.poll(() => labelsOf(1)).toEqual([]);
  const menu = page.getByRole('button', { name: words.versions.actions(2) });
  await menu.click();
  // The label of the newest version cannot be taken off.
  expect(await page.getByRole('button', { name: words.versions.removeLabel('latest') }).count()).toBe(0);
  await page.getByRole('button', { name: words.versions.removeLabel('production') }).click();
  await page.getByText(words.versions.labelRemoved('production', 2)).waitFor();
  await expect.poll(() => labelsOf(2)).toEqual(['latest']);
  expect(await menu.evaluate((element) => element === document.activeElement)).toBe(true);
});

journey('somebody forks a prompt under a title of their own, which nobody else sees unless they say so', async (arrive) => {
  const ada = await arrive('ada');
  const api = await author(ada.url, ada.account);
  const id = await api.createPrompt({ title: 'To fork', content: CONTENT, category: 'Writing' });
  const bob = await arrive('bob', { signedIn: true });
  const { page } = bob;
  await page.goto(`/p/${id}`);
  const fork = page.getByRole('button', { name: words.prompt.fork('0') });
  await fork.click();
  // Before it is there, Escape would close nothing.
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await fork.evaluate((element) => element === document.activeElement)).toBe(true);
  await fork.click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByRole('radio', { name: words.prompt.forkVisibilities.PRIVATE }).isChecked()).toBe(true);
  await dialog.getByLabel(words.prompt.forkName, { exact: true }).fill('A copy of mine');
  await dialog.getByRole('button', { name: words.prompt.forkSubmit }).click();
  await page.getByRole('heading', { name: 'A copy of mine' }).waitFor();
  const copy = new URL(page.url()).pathname.split('/')[2] ?? '';
  expect(copy).not.toBe(id);
  await page.getByText(words.prompt.visibility.PRIVATE, { exact: true }).waitFor();
  await expect(api.get(`/prompts/${copy}`)).rejects.toThrow(/404/);
  // Signed out, the way there is asked for over the page, and the fork may be for everyone.
  const eve = await arrive('eve');
  await author(eve.url, eve.account);
  await eve.page.goto(`/p/${id}`);
  await eve.page.getByRole('button', { name: words.prompt.fork('1') }).click();
  await fillSignIn(eve.page, eve.account.username, eve.account.password);
  await eve.page.getByRole('dialog').getByRole('radio', { name: words.prompt.forkVisibilities.PUBLIC }).check();
  await eve.page.getByRole('dialog').getByRole('button', { name: words.prompt.forkSubmit }).click();
  await eve.page.waitForURL((url) => url.pathname !== `/p/${id}`);
  const open = new URL(eve.page.url()).pathname.split('/')[2] ?? '';
  expect(await api.get(`/prompts/${open}`)).toMatchObject({ title: 'To fork', visibility: 'PUBLIC' });
});

journey('a prompt that is not there says so', async (arrive) => {
  const visitor = await arrive('visitor');
  visitor.expects(404, /^\/prompts\//);
  await visitor.page.goto('/p/01940000-0000-7000-8000-000000000000');
  await visitor.page.getByRole('heading', { name: words.errors.notFoundTitle }).waitFor();
});
