import { expect } from 'vitest';
import { words } from '../src/words/en';
import { journey } from './support/journey';
import { author, register } from './support/steps';

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
  const ada = await arrive('ada');
  await register(ada);
  const bob = await arrive('bob');
  const api = await author(bob.url, bob.account);
  const id = await api.createPrompt({ title: 'To discuss', content: CONTENT, category: 'Education' });
  await ada.page.goto(`/p/${id}?tab=discussion`);
  await ada.page.getByRole('textbox', { name: words.discussion.write }).fill('It worked for my class.');
  await ada.page.getByRole('button', { name: words.discussion.comment, exact: true }).click();
  await bob.page.goto(`/p/${id}`);
  await bob.page.getByRole('link', { name: new RegExp(`^${words.prompt.tabs.discussion}`) }).click();
  await bob.page.getByText('It worked for my class.').waitFor();
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
  await page.getByText('other').first().waitFor();
});

journey('a prompt that is not there says so', async (arrive) => {
  const visitor = await arrive('visitor');
  visitor.expects(404, /^\/prompts\//);
  await visitor.page.goto('/p/01940000-0000-7000-8000-000000000000');
  await visitor.page.getByRole('heading', { name: words.errors.notFoundTitle }).waitFor();
});
